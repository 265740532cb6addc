import type { SoakEvent } from './events.js';
import type { SoakResult, SoakSettings } from './soak.js';

const SHOWN_PER_RULE = 3;

/** What a soak showed, in words: each rule that was broken with a few examples, and how to run it again. */
export function describeResult(result: SoakResult, { engine, seed }: SoakSettings): string {
  const counts = Object.entries(result.counts).map(([what, count]) => `${count} ${what}`);
  const lines = [`soak on ${engine}, seed ${seed}: ${counts.join(', ')}`];
  if (result.earlyEnds > 0) {
    lines.push(`${result.earlyEnds} leases were ended early by etcd, each with its proof`);
  }
  const rules = new Set(result.violations.map(({ rule }) => rule));
  for (const rule of rules) {
    const broken = result.violations.filter((violation) => violation.rule === rule);
    lines.push(`broken: ${rule} (${broken.length})`);
    for (const { message, events } of broken.slice(0, SHOWN_PER_RULE)) {
      lines.push(`  ${message}`, ...events.map((event) => `    ${describeEvent(event)}`));
    }
  }
  if (rules.size > 0) {
    lines.push(`all that was recorded: ${result.folder}`);
    lines.push(`again: SOAK_ENGINE=${engine} SOAK_SEED=${seed} npm run soak`);
  }
  return lines.join('\n');
}

/** With its stamp in milliseconds, on the clock of the machine. */
function describeEvent({ at, who, ...rest }: SoakEvent): string {
  return `${at.toFixed(3)} ${who} ${JSON.stringify(rest)}`;
}
