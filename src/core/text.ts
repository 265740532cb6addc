import { invalid } from './errors.js';

/** How many bytes a string takes in UTF-8. A lone surrogate counts 3, as its replacement would. */
export function utf8Length(text: string): number {
  let bytes = 0;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else if (unit >= 0xd800 && unit < 0xdc00 && isLowSurrogate(text.charCodeAt(i + 1))) {
      bytes += 4;
      i++;
    } else bytes += 3;
  }
  return bytes;
}

function isLowSurrogate(unit: number): boolean {
  return unit >= 0xdc00 && unit < 0xe000;
}

/** The reason why a text is not plain text, for a message; undefined if it is. */
function defectOf(text: string): string | undefined {
  // C0, DEL and C1 control characters: they hide in logs and terminals.
  // eslint-disable-next-line no-control-regex -- finding control characters is the point
  if (/[\u0000-\u001f\u007f-\u009f]/.test(text)) return 'has a control character';
  if (!text.isWellFormed()) return 'has a lone surrogate, which is no character';
  return undefined;
}

/**
 * Checks a name: of a lock, a lease's key, an election, a counter. Any other character may be in it, `/` too.
 * @throws Fault INVALID_ARGUMENT if it is empty, longer than `maxBytes` in UTF-8, has control characters,
 * a lone surrogate, or a path segment `..` or `.`.
 */
export function checkName(name: string, maxBytes: number, field = 'name'): string {
  if (name === '') throw invalid(field, `is empty; give 1 to ${maxBytes} bytes`);
  checkText(name, maxBytes, field);
  if (name.split('/').some((segment) => segment === '..' || segment === '.')) {
    throw invalid(field, 'has a path segment `.` or `..`');
  }
  return name;
}

/**
 * Checks a line of text for people: an owner, a reason, a request id, a label.
 * @throws Fault INVALID_ARGUMENT if it is too long, has control characters or a lone surrogate.
 */
export function checkText(text: string, maxBytes: number, field: string): string {
  checkSize(text, maxBytes, field);
  const defect = defectOf(text);
  if (defect !== undefined) throw invalid(field, defect);
  return text;
}

/**
 * Checks a value: any well-formed text, control characters too, up to `maxBytes`; `limitHint` says what sets that.
 * @throws Fault INVALID_ARGUMENT if it is too long or has a lone surrogate.
 */
export function checkValue(
  value: string,
  maxBytes: number,
  field = 'value',
  limitHint = '',
): string {
  checkSize(value, maxBytes, field, limitHint);
  if (!value.isWellFormed()) {
    throw invalid(field, 'has a lone surrogate, which is no character');
  }
  return value;
}

function checkSize(text: string, maxBytes: number, field: string, limitHint = ''): void {
  // A UTF-16 unit takes at most 3 bytes, so most texts need no counting.
  if (text.length * 3 <= maxBytes) return;
  const bytes = utf8Length(text);
  if (bytes <= maxBytes) return;
  throw invalid(field, `has ${bytes} bytes; at most ${maxBytes} are allowed${limitHint}`);
}
