import type { Config } from '../../../../src/index.js';
import type { Value } from '../events.js';
import { DEADLINE_MS, DOCUMENTS, NAMESPACE, repeat, type Work } from './work.js';

const boundMs = DEADLINE_MS;

/** Adds 1 to the plain counter, and reads both. */
export async function count(work: Work): Promise<void> {
  const { random, operations } = work;
  await repeat(work, async () => {
    if (random.chance(0.7)) {
      await operations.run(
        { call: 'add', thing: 'counter:plain', boundMs },
        () => work.client().counter('plain').add(1n),
        ({ value }) => ({ number: Number(value) }),
      );
      return;
    }
    const name = random.pick(['plain', 'fenced']);
    await operations.run(
      { call: 'get', thing: `counter:${name}`, boundMs },
      () => work.client().counter(name).get(),
      (value) => ({ number: Number(value) }),
    );
  });
}

/** Writes documents, each text once, and reads them. */
export async function writeDocuments(work: Work): Promise<void> {
  const { random, operations, recorder } = work;
  let count = 0;
  await repeat(work, async () => {
    const name = random.pick(DOCUMENTS);
    const thing = `document:${name}`;
    const documents = work.client().configs(NAMESPACE);
    if (random.chance(0.5)) {
      const text = JSON.stringify({ by: recorder.who, count: ++count });
      const asked = { call: 'put', thing, boundMs, text } as const;
      await operations.run(asked, () => documents.put(name, text), versionOf);
      return;
    }
    await operations.run(
      { call: 'get', thing, boundMs },
      () => documents.get(name, { consistency: 'LINEARIZABLE' }),
      valueOf,
    );
  });
}

function versionOf({ documentVersion, revision }: Config): Value {
  return { number: documentVersion, revision };
}

function valueOf(config: Config): Value {
  return { ...versionOf(config), text: config.document };
}
