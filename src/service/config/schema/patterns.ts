import type { RegExpEngine, RegExpLike } from 'ajv/dist/types/index.js';
import { RE2JS } from 're2js';
import { MATCHING } from '../jobs/job.js';
import { linearPattern } from './linear-pattern.js';

/** `a{1000}` a few times over makes a program that is slow to build, and large. */
const MAX_PROGRAM_SIZE = 20_000;

/**
 * Matches the patterns of schemas: in linear time where they can be spelled for RE2, and else by the engine of ECMAScript, which
 * may take for ever: `note` is told before. In unicode mode if they can be read so, as the specification has it, and without if
 * not, since many are written for that: `^x\-y$`, `^[\w-.]+$`.
 */
export function patternEngine(note: (what: string) => void): RegExpEngine {
  const engine = (pattern: string): RegExpLike => {
    const expression = readPattern(pattern);
    const linear = linearEngine(pattern);
    const toString = (): string => pattern;
    if (linear !== undefined) return { test: (text) => linear.test(text), toString } as RegExpLike;
    const test = (text: string): boolean => {
      note(MATCHING + pattern);
      const isMatch = expression.test(text);
      note('');
      return isMatch;
    };
    return { test, toString } as RegExpLike;
  };
  // Only for code that is generated to be stored, which ours is not.
  return Object.assign(engine, { code: 'patternEngine' });
}

/** @throws SyntaxError for what is no pattern in either mode. */
function readPattern(pattern: string): RegExp {
  try {
    return new RegExp(pattern, 'u');
  } catch {
    return new RegExp(pattern);
  }
}

function linearEngine(pattern: string): RE2JS | undefined {
  const spelled = linearPattern(pattern);
  if (spelled === undefined) return undefined;
  try {
    const compiled = RE2JS.compile(spelled);
    return compiled.programSize() <= MAX_PROGRAM_SIZE ? compiled : undefined;
  } catch {
    // E.g. a count above 1,000, or a property that it does not know.
    return undefined;
  }
}
