import { formatDuration } from '../../core/duration.js';
import type { Labels } from '../../core/labels.js';
import { visible } from '../../core/visible.js';

export interface Column<T> {
  readonly title: string;
  readonly of: (item: T) => string;
}

const MAX_CELL = 60;

/** Titles and rows, with the columns below each other. Nothing if there are no rows but the titles. */
export function renderTable<T>(items: readonly T[], columns: readonly Column<T>[]): string {
  const rows = [
    columns.map(({ title }) => title),
    ...items.map((item) => columns.map((column) => cell(column.of(item)))),
  ];
  const widths = columns.map((_, at) => Math.max(...rows.map((row) => row[at]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((text, at) => text.padEnd(widths[at] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}

/** What others wrote, made harmless for a terminal, and short. */
export function cell(text: string): string {
  const plain = visible(text);
  if (plain === '') return '-';
  return plain.length > MAX_CELL ? `${plain.slice(0, MAX_CELL - 1)}…` : plain;
}

/** A duration for people: seconds are enough above one minute. */
export function shortDuration(ms: number | undefined): string {
  if (ms === undefined) return '';
  if (ms < 10_000) return formatDuration(Math.round(ms / 100) * 100);
  return formatDuration(Math.round(ms / 1000) * 1000);
}

export function labelText(labels: Labels): string {
  return [...labels].map(([name, value]) => `${name}=${value}`).join(',');
}
