import { invalid } from './errors.js';

/**
 * Characters that can't be seen, or turn the direction of what stands beside them, so that two names look the same or one like
 * another (Unicode TR36, "Trojan Source" CVE-2021-42574), and that no language needs to be written. The joiners U+200C and
 * U+200D are needed.
 */
const INVISIBLE = /[\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/;

/** Those, and the control characters C0, DEL and C1, which could move the cursor of a terminal, or worse. */
const HARMFUL =
  // eslint-disable-next-line no-control-regex -- these are the ones to find
  /[\u0000-\u001f\u007f-\u009f\u200b\u200e\u200f\u2028-\u202e\u2060\u2066-\u2069\ufeff]/g;

/**
 * Checks a name that is to be made: that a person can tell it from others by looking at it. What has such a name already can
 * still be read, released and deleted.
 * @throws Fault INVALID_ARGUMENT that names the character and its place.
 */
export function checkVisible(name: string, field = 'name'): string {
  const at = name.search(INVISIBLE);
  if (at < 0) return name;
  const character = name.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0');
  throw invalid(
    field,
    `has the character U+${character} at position ${at + 1}, which can't be seen: leave it out`,
  );
}

/** A text as a person may be shown it: what can't be seen as escapes, as JSON writes them. */
export function visible(text: string): string {
  return text.replace(HARMFUL, escapeOf);
}

function escapeOf(character: string): string {
  const short = JSON.stringify(character).slice(1, -1);
  if (short !== character) return short;
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
