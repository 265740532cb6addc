import type { Operation, OperationResult, Outcome, Transaction } from '../store.js';

/** Whether a transaction is of use without what it puts: it ends something. */
export function canGoBare({ frees, then, else: otherwise }: Transaction): boolean {
  return frees === true || ![...then, ...otherwise].some(isPut);
}

/** Without its puts: records and marks that belong to what it ends. */
export function bareOf(transaction: Transaction): Transaction {
  const { then, else: otherwise } = transaction;
  const left = (operations: readonly Operation[]): Operation[] =>
    operations.filter((operation) => !isPut(operation));
  return { ...transaction, then: left(then), else: left(otherwise) };
}

/** The outcome of the whole, from that of what was left of it. */
export function wholeOutcome(transaction: Transaction, bare: Outcome): Outcome {
  const left = bare.results.values();
  const branch = bare.succeeded ? transaction.then : transaction.else;
  const results = branch.map((operation): OperationResult => {
    if (isPut(operation)) return { kind: 'put' };
    const { value } = left.next();
    if (value === undefined) throw new TypeError('an outcome has a result for each operation');
    return value;
  });
  return { ...bare, results };
}

function isPut({ kind }: Operation): boolean {
  return kind === 'put';
}
