/** Notes and examples, below what commander makes of a command. */
export function helpAfter(spec: {
  readonly notes?: string;
  readonly examples: readonly (readonly [string, string])[];
}): string {
  const width = Math.max(...spec.examples.map(([line]) => line.length));
  const lines = spec.examples.map(
    ([line, what]) => `  shared-lock ${line.padEnd(width)}  # ${what}`,
  );
  const notes = spec.notes === undefined ? '' : `\n${spec.notes}\n`;
  return `${notes}\nExamples:\n${lines.join('\n')}\n`;
}
