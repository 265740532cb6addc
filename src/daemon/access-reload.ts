import type { PolicyReader } from '../access/policy-reader.js';
import type { Clock, Timer } from '../clock/clock.js';
import type { Turns } from '../clock/turns.js';
import type { AuthConfig } from '../config/config.js';
import { lostIds } from '../core/access/lint-policy.js';
import type { Policy } from '../core/access/policy.js';
import type { OpenCalls } from '../server/access/open-calls.js';
import type { Logging } from '../telemetry/logging.js';
import type { Metrics } from '../telemetry/metrics.js';
import { parseAccess, readAccessTexts, type AccessTexts } from './access-files.js';
import { lookAgain } from './look-again.js';
import type { OpenedAccess } from './open-access.js';
import { messageOf } from './start-error.js';

/** What somebody showed has ended for so long at most when its calls are ended. */
const EXPIRY_MS = 1000;
/** Calls under way are looked at for so long in a turn of the loop. */
const SLICE_MS = 5;

export interface AccessReloadParts {
  readonly clock: Clock;
  readonly turns: Turns;
  readonly logging: Pick<Logging, 'logger' | 'audit'>;
  readonly metrics: Pick<Metrics, 'accessReload'>;
  readonly calls: OpenCalls;
  readonly reader: PolicyReader;
}

/**
 * Gives the guard what its files hold when that changes, all or nothing, and has it look again at what is under way; ends calls whose
 * callers' tokens have ended.
 */
export class AccessReload {
  readonly #config: AuthConfig;
  readonly #parts: AccessReloadParts;
  readonly #access: Pick<OpenedAccess, 'guard' | 'factory'>;
  readonly #stopLooking: () => void;
  #texts: AccessTexts;
  #policy: Policy;
  #expiry: Timer | undefined;
  #trouble: string | undefined;
  #isStopped = false;

  constructor(config: AuthConfig, access: OpenedAccess, parts: AccessReloadParts) {
    this.#config = config;
    this.#parts = parts;
    this.#access = access;
    this.#texts = access.texts;
    this.#policy = access.policy;
    this.#stopLooking = lookAgain(parts.clock, () => this.look());
    this.#expireLater();
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#stopLooking();
    this.#expiry?.cancel();
    await this.#parts.reader.stop();
  }

  /** Now. Never rejects. */
  async look(): Promise<void> {
    try {
      const texts = await readAccessTexts(this.#config);
      if (isSame(texts, this.#texts)) this.#recover();
      else await this.#use(texts);
    } catch (error) {
      if (!this.#isStopped) this.#complain(messageOf(error));
    }
  }

  async #use(texts: AccessTexts): Promise<void> {
    const { logging, metrics, calls, reader } = this.#parts;
    const { guard, factory } = this.#access;
    const files = await parseAccess(this.#config, texts, (text) => reader.read(text));
    const access = await factory.make(files);
    if (this.#isStopped) return;
    guard.use(access);
    const lost = lostIds(this.#policy, files.policy);
    this.#texts = texts;
    this.#policy = files.policy;
    this.#trouble = undefined;
    metrics.accessReload('success');
    const { policyPath } = this.#config;
    const rules = files.policy.rules.length;
    logging.logger.info('the policy was read again', { path: policyPath });
    logging.audit('policy read', { path: policyPath, rules, outcome: 'OK' });
    if (lost.length > 0) {
      logging.logger.warn('principals are gone, and nobody has their leases: see `aliases`', {
        names: lost.join(', '),
      });
    }
    await calls.lookAgain(this.#pause());
  }

  /** The files are as they were when they were used. */
  #recover(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#parts.metrics.accessReload('success');
    this.#parts.logging.logger.info('the policy is as it was again');
  }

  /** Once, and again when it is another trouble. */
  #complain(trouble: string): void {
    this.#parts.metrics.accessReload('failure');
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    const { logger, audit } = this.#parts.logging;
    logger.error('the new policy can not be used; the old one stays', { trouble });
    audit('policy read', { path: this.#config.policyPath, outcome: 'refused', error: trouble });
  }

  #pause(): () => Promise<void> | undefined {
    const { clock, turns } = this.#parts;
    let sinceMs = clock.now();
    return () => {
      if (clock.now() - sinceMs < SLICE_MS) return undefined;
      return turns.next().then(() => {
        sinceMs = clock.now();
      });
    };
  }

  #expireLater(): void {
    const { clock, calls } = this.#parts;
    this.#expiry = clock.timer(EXPIRY_MS, () => {
      calls.expire(clock.wall());
      if (!this.#isStopped) this.#expireLater();
    });
  }
}

function isSame(a: AccessTexts, b: AccessTexts): boolean {
  return a.policy === b.policy && a.tokens === b.tokens && a.keys === b.keys;
}
