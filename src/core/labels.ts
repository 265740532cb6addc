import { invalid } from './errors.js';
import type { Limits } from './limits.js';
import { checkText } from './text.js';

/** A Map, so that `__proto__` is a label like any other. */
export type Labels = ReadonlyMap<string, string>;

/**
 * Checks labels against their limits.
 * @throws Fault INVALID_ARGUMENT if there are too many, a name is empty, or one is too long or not plain text.
 */
export function checkLabels(labels: Labels, limits: Limits, field = 'labels'): Labels {
  if (labels.size > limits.labelCount) {
    throw invalid(field, `${labels.size} given; at most ${limits.labelCount} are allowed`);
  }
  for (const [name, value] of labels) {
    if (name === '') throw invalid(field, 'a label has an empty name');
    checkText(name, limits.labelBytes, field);
    checkText(value, limits.labelBytes, field);
  }
  return labels;
}

/** Reads selectors of the form `name=value`. @throws Fault INVALID_ARGUMENT for any other form. */
export function parseSelectors(selectors: readonly string[], field = 'labels'): Labels {
  const labels = new Map<string, string>();
  for (const selector of selectors) {
    const at = selector.indexOf('=');
    if (at <= 0) throw invalid(field, 'give each as name=value');
    labels.set(selector.slice(0, at), selector.slice(at + 1));
  }
  return labels;
}

/** Whether `labels` carries every one of `selectors`. */
export function labelsMatch(labels: Labels, selectors: Labels): boolean {
  for (const [name, value] of selectors) {
    if (labels.get(name) !== value) return false;
  }
  return true;
}
