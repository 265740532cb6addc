import type { Rule } from '../../core/access/policy.js';
import type { Principal } from '../../core/access/principal.js';
import type { Fault } from '../../core/errors.js';
import type { CallOrigin } from '../../service/caller.js';
import type { Need } from './needs.js';

/** Something that was refused, or would have been. */
export interface Refusal {
  readonly fault: Fault;
  readonly principal: Principal;
  readonly call: CallOrigin;
  /** Undefined: it is not about a name. */
  readonly need?: Need;
  /** The rule that denies it; undefined: there is none that allows it. */
  readonly rule?: Rule | undefined;
}
