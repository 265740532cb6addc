import type { Verb } from '../../core/access/vocabulary.js';
import { isFault } from '../../core/errors.js';
import { callerFacts, ruleFacts, type AuditFacts } from './audit-facts.js';
import type { Guard, GuardedCall } from './guard.js';
import type { Asked, Need, Needs } from './needs.js';

/** Writes an audit line. */
export type AuditSink = (action: string, facts: AuditFacts) => void;

/** What people ask about afterwards. What is taken by force is told by those who know from whom. */
const DONE: Partial<Record<Verb, string>> = { delete: 'deleted', schema: 'schema set' };

/** Something that is done, and of which there is a line. */
interface Told {
  readonly action: string;
  readonly need: Need;
}

/** Tells who did what, from where, and which rule let them, or did not. */
export class Audit {
  readonly #sink: AuditSink;
  readonly #guard: Guard | undefined;

  /** @param guard undefined: nobody knows who calls. */
  constructor(sink: AuditSink, guard: Guard | undefined) {
    this.#sink = sink;
    this.#guard = guard;
  }

  /** Does what a request asks, and tells of it afterwards. @param outcomeOf what an answer says of itself. */
  async around<Request, Answer>(
    call: GuardedCall,
    needs: Needs<Request>,
    request: Request,
    work: () => Promise<Answer> | Answer,
    outcomeOf: (answer: Answer) => string = () => 'OK',
  ): Promise<Answer> {
    const told = toldOf(needs, request);
    if (told.length === 0) return work();
    try {
      const answer = await work();
      this.#tell(call, told, outcomeOf(answer));
      return answer;
    } catch (error) {
      this.#tell(call, told, isFault(error) ? error.code : 'INTERNAL');
      throw error;
    }
  }

  #tell(call: GuardedCall, told: readonly Told[], outcome: string): void {
    const principal = call.rights?.principal;
    for (const { action, need } of told) {
      const rule = principal && this.#guard?.ruleFor(principal, need);
      const { kind, name } = need;
      this.#sink(action, {
        ...callerFacts(call, principal),
        kind,
        ...(name === '' ? {} : { name }),
        outcome,
        ...ruleFacts(rule),
      });
    }
  }
}

/** Whether such requests can be among those that are told of. */
export function isTold(needs: Needs<object>): boolean {
  return toldOf(needs, { name: 'x', namespace: 'x', schema: 'x' }).length > 0;
}

function toldOf<Request>(needs: Needs<Request>, request: Request): Told[] {
  const asked: Asked | 'open' = typeof needs === 'function' ? needs(request) : needs;
  if (typeof asked === 'string') return [];
  return asked.flatMap((need) => {
    const action = DONE[need.verb];
    return action === undefined ? [] : [{ action, need }];
  });
}
