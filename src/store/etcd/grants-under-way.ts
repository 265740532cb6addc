import type { LeaseId } from '../../core/lease-id.js';
import type { Operation, Transaction } from '../store.js';

/** Leases that are being granted, for the transactions that are begun meanwhile and put keys on them. */
export class GrantsUnderWay {
  readonly #grants = new Map<LeaseId, Promise<unknown>>();

  /** @returns the same promise. */
  add<T>(lease: LeaseId, grant: Promise<T>): Promise<T> {
    this.#grants.set(lease, grant);
    const remove = (): void => {
      if (this.#grants.get(lease) === grant) this.#grants.delete(lease);
    };
    grant.then(remove, remove);
    return grant;
  }

  /** What the transaction has to wait for; undefined: nothing. */
  neededBy({ then, else: otherwise }: Transaction): Promise<unknown> | undefined {
    if (this.#grants.size === 0) return undefined;
    return this.#ofOne(then) ?? this.#ofOne(otherwise);
  }

  /** Of more than one nobody has need: a lease is made for one lock. */
  #ofOne(operations: readonly Operation[]): Promise<unknown> | undefined {
    for (const operation of operations) {
      if (operation.kind !== 'put' || operation.lease === undefined) continue;
      const grant = this.#grants.get(operation.lease);
      if (grant !== undefined) return grant;
    }
    return undefined;
  }
}
