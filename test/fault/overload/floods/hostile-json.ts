import type { Flood } from '../flood.js';

const list = (count: number, item: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => item(index)).join(',');

const FLAT = `{${list(60_000, (n) => `"k${n}":${n}`)}}`;
const ZEROS = `[${list(400_000, () => '0')}]`;

/** Documents with their schemas. */
const PUTS: readonly (readonly [document: string, schema?: string])[] = [
  [FLAT],
  [ZEROS],
  [`1${'0'.repeat(400_000)}`],
  [`"${'a'.repeat(60)}!"`, '{"pattern":"^(?=a)(a+)+$"}'],
  [`[${list(20_000, (n) => `{"n":${n}}`)}]`, '{"uniqueItems":true}'],
  ['1', `{"properties":{${list(2500, (n) => `"p${n}":{"anyOf":[{"type":"string"}]}`)}}}`],
];

/** Patches of the first two. */
const PATCHES: readonly (readonly [name: string, patch: string])[] = [
  ['d0', `[${list(1000, (n) => `{"op":"replace","path":"/k${n}","value":1}`)}]`],
  ['d1', `[${list(1000, () => '{"op":"add","path":"/0","value":0}')}]`],
  ['d0', `[{"op":"test","path":"/k1","value":1${'0'.repeat(200_000)}1}]`],
];

const AT_ONCE = 15;

/** What is slow to parse, to compile, to check or to patch, on several connections. */
export const hostileJson: Flood = async (on) => {
  let turn = 0;
  await on.repeat(AT_ONCE, async () => {
    const index = turn++ % (PUTS.length + PATCHES.length);
    const [document, schema] = PUTS[index] ?? [];
    const [name, patch] = PATCHES[index - PUTS.length] ?? [`d${index}`];
    const path = `/v1/namespaces/hostile/configs/${name}`;
    if (document !== undefined) {
      // Another one each time, since what was too slow is remembered.
      const other =
        schema === undefined ? {} : { schema: schema.replace('{', `{"title":"${turn}",`) };
      await on.ask('PUT', path, JSON.stringify({ document, ...other }));
    } else {
      await on.ask('PATCH', path, JSON.stringify({ type: 'JSON_PATCH', patch }));
    }
  });
};
