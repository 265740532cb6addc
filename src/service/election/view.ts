import type { Candidate, Election, Leader } from '../../core/election.js';
import type { Holder, LockState, Waiter } from '../../core/lock.js';

/** An election is an exclusive lock: who holds it leads, who waits for it is a candidate. */
export function electionOf(lock: LockState): Election {
  return {
    name: lock.name,
    leader: leaderAmong(lock.holders),
    candidates: lock.waiters.map(candidateOf),
    candidateCount: lock.waiterCount,
    revision: lock.revision,
  };
}

export function leaderAmong(holders: readonly Holder[]): Leader | undefined {
  const [holder] = holders;
  return holder === undefined ? undefined : leaderOf(holder);
}

export function leaderOf(holder: Holder): Leader {
  return {
    candidate: holder.owner,
    term: holder.fencingToken,
    value: holder.value,
    labels: holder.labels,
    electedAtMs: holder.acquiredAtMs,
    ageMs: holder.ageMs,
    remainingTtlSeconds: holder.remainingTtlSeconds,
  };
}

function candidateOf({ position, owner, labels, sinceMs }: Waiter): Candidate {
  return { position, candidate: owner, labels, sinceMs };
}
