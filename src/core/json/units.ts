/** The signs of JSON, as the codes of their UTF-16 units: to compare these is several times faster than texts. */
export const TAB = 0x09;
export const LINE_FEED = 0x0a;
export const CARRIAGE_RETURN = 0x0d;
export const SPACE = 0x20;
export const QUOTE = 0x22;
export const PLUS = 0x2b;
export const COMMA = 0x2c;
export const MINUS = 0x2d;
export const DOT = 0x2e;
export const ZERO = 0x30;
const NINE = 0x39;
export const COLON = 0x3a;
export const OPEN_BRACKET = 0x5b;
export const BACKSLASH = 0x5c;
export const CLOSE_BRACKET = 0x5d;
export const OPEN_BRACE = 0x7b;
export const LOWER_CASE = 0x20;
export const LOWER_E = 0x65;
export const CLOSE_BRACE = 0x7d;

export const NUMBER_UNITS: ReadonlySet<number> = new Set(
  Array.from('0123456789.+-eE', (sign) => sign.charCodeAt(0)),
);

export const isDigit = (code: number): boolean => code >= ZERO && code <= NINE;
