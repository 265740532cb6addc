/** What is another each time: of it the form is compared. */
const UNSTABLE =
  /^(?:leaseId|fencingToken|currentToken|term|revision|etag|key|.*[aA]ge|remaining|remainingTtl|.*At)$/;
const FORMS: readonly (readonly [RegExp, string])[] = [
  [/^-?\d+(\.\d+)?s$/, 'a duration'],
  [/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, 'a time'],
  [/^"\d+"$/, 'an etag'],
  [/^0$/, 'zero'],
  [/^\d+$/, 'a number'],
];

function formOf(text: string): string {
  return FORMS.find(([form]) => form.test(text))?.[1] ?? 'a text';
}

/** JSON text without what differs between both sides, with the order of its members. */
export function comparable(json: string): string {
  const value: unknown = JSON.parse(json, (name, each: unknown) =>
    typeof each === 'string' && UNSTABLE.test(name) ? formOf(each) : each,
  );
  return JSON.stringify(value, null, 1).replace(/"(?:cli|http)-/g, '"');
}

/** There is none in what has all pages. */
export function withoutPages(json: string): string {
  return json.replace(/,"nextPageToken":""/, '');
}
