import { showPattern } from '../../core/access/pattern.js';
import type { Rule } from '../../core/access/policy.js';
import type { Principal } from '../../core/access/principal.js';
import { reasonOf } from '../../core/errors.js';
import type { CallOrigin } from '../../service/caller.js';
import type { Refusal } from './refusal.js';

/** What an audit line says. */
export type AuditFacts = Readonly<Record<string, string | number>>;

/** Of a rule so many patterns are shown. */
const PATTERNS_SHOWN = 3;

/** Of something that was refused. */
export function refusalFacts({ fault, principal, call, need, rule }: Refusal): AuditFacts {
  return {
    ...callerFacts(call, principal),
    ...(need === undefined ? {} : { verb: need.verb, kind: need.kind }),
    ...(need === undefined || need.name === '' ? {} : { name: need.name }),
    reason: reasonOf(fault),
    error: fault.message,
    ...ruleFacts(rule),
  };
}

/** Who, how, and from where. */
export function callerFacts(
  { wire, peer }: Pick<CallOrigin, 'wire' | 'peer'>,
  principal: Principal | undefined,
): AuditFacts {
  return {
    ...(principal === undefined ? {} : principalFacts(principal)),
    ...(wire === undefined ? {} : { wire }),
    ...(peer === undefined ? {} : { peer }),
  };
}

/** Nothing of what it showed. */
export function principalFacts({ id, via }: Principal): AuditFacts {
  return { principal: id, via };
}

export function ruleFacts(rule: Rule | undefined): AuditFacts {
  if (rule === undefined) return {};
  const { line, effect, on } = rule;
  const shown = on.slice(0, PATTERNS_SHOWN).map(showPattern).join(', ');
  return { rule: `line ${line}: ${effect} on ${shown}` };
}
