/** Calls back when what has come in this turn of the event loop has been worked on. */
export function atTurnEnd(callback: () => void): void {
  setImmediate(callback);
}
