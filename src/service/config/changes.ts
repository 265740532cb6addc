import type { ConfigEvent } from '../../core/config-document.js';
import type { KeyLayout } from '../../core/keys.js';
import { exactly, type Revision, type Store, type StoreEvent } from '../../store/store.js';
import { changesIn, type DocumentChange } from './events.js';
import { configOf } from './records.js';

/** A document became another, or went. */
export type Changed = Extract<ConfigEvent, { readonly kind: 'PUT' | 'DELETED' }>;

/**
 * What the store's events say of the documents of a namespace. All who watch it are given the same events by the store, and so the
 * same answers here: only the first has to find them.
 */
export class ConfigChanges {
  readonly #store: Store;
  readonly #layout: KeyLayout;
  readonly #changes = new WeakMap<readonly StoreEvent[], readonly DocumentChange[]>();
  readonly #told = new WeakMap<DocumentChange, Promise<Changed>>();

  constructor({ store, layout }: { readonly store: Store; readonly layout: KeyLayout }) {
    this.#store = store;
    this.#layout = layout;
  }

  /** `events`: all of one revision, as a watch of the whole namespace has them. */
  in(namespace: string, events: readonly StoreEvent[]): readonly DocumentChange[] {
    const known = this.#changes.get(events);
    if (known !== undefined) return known;
    const changes = changesIn(this.#layout.configs(namespace), events);
    this.#changes.set(events, changes);
    return changes;
  }

  /** What watchers are told of a change. @throws Fault UNAVAILABLE if the store does not answer. */
  told(namespace: string, change: DocumentChange, revision: Revision): Promise<Changed> {
    const known = this.#told.get(change);
    if (known !== undefined) return known;
    const told = this.#tell(namespace, change, revision);
    this.#told.set(change, told);
    // Who asks later may have better luck.
    told.catch(() => this.#told.delete(change));
    return told;
  }

  async #tell(namespace: string, change: DocumentChange, revision: Revision): Promise<Changed> {
    const { name, head } = change;
    if (head === undefined) return { kind: 'DELETED', revision, name };
    const { version } = head;
    const document = change.document ?? (await this.#text(namespace, name, version, revision));
    const found = { head, headRevision: revision, version, document, schema: '' };
    return { kind: 'PUT', revision, config: configOf({ namespace, name }, found) };
  }

  /** Of a version that was not written by this change. Empty if it is not kept any more: another change follows. */
  async #text(
    namespace: string,
    name: string,
    version: number,
    revision: Revision,
  ): Promise<string> {
    const key = this.#layout.configs(namespace).version(name, version);
    const [entry] = (await this.#store.read({ range: exactly(key) })).entries;
    return entry === undefined || entry.createRevision > revision ? '' : entry.value;
  }
}
