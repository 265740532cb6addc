import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SystemClock } from '../../../src/clock/system-clock.js';
import type { Clock } from '../../../src/clock/clock.js';
import { EmbeddedStore } from '../../../src/store/embedded/embedded-store.js';
import type { Store } from '../../../src/store/store.js';
import { put } from '../../contract/subject.js';

/** A data folder of one test, and the store that the test has open in it. */
export class EmbeddedFolder {
  readonly root: string;
  readonly path: string;
  readonly logged: string[] = [];
  readonly #open = new Set<EmbeddedStore>();

  private constructor(root: string) {
    this.root = root;
    this.path = join(root, 'data');
  }

  static async make(): Promise<EmbeddedFolder> {
    return new EmbeddedFolder(await mkdtemp(join(tmpdir(), 'shared-lock-embedded-')));
  }

  async open(clock: Clock = new SystemClock(), folder = this.path): Promise<EmbeddedStore> {
    const log = (message: string): void => {
      this.logged.push(message);
    };
    const store = await EmbeddedStore.open({ folder, clock, log });
    this.#open.add(store);
    return store;
  }

  file(name: string): string {
    return join(this.path, name);
  }

  /** Changes each occurrence of `text` in a file to `other`, of the same length. @returns how many there were. */
  async replace(name: string, text: string, other: string): Promise<number> {
    const content = await readFile(this.file(name));
    let found = 0;
    for (let at = content.indexOf(text); at >= 0; at = content.indexOf(text, at + 1)) {
      content.write(other, at);
      found++;
    }
    await writeFile(this.file(name), content);
    return found;
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.#open].map((store) => store.close()));
    await rm(this.root, { recursive: true, force: true });
  }
}

/** Puts a key. @returns the revision. */
export async function write(store: Store, key: string, value = ''): Promise<number> {
  const then = [put(key, value)];
  const { revision } = await store.transact({ resource: key, compare: [], then, else: [] });
  return revision;
}
