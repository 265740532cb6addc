import { randomName } from '../clock/random.js';
import type { Consistency, ConfigVersion, PatchType } from '../core/config-document.js';
import { checkOptions } from './check-options.js';
import type { OptionNames } from './check-options.js';
import type { WatchConfigsResponse__Output } from '../protocol/generated/sharedlock/v1/WatchConfigsResponse.js';
import { configChangeFrom, configFrom } from './convert/config.js';
import type { Config, ConfigChange } from './convert/config.js';
import { fenceOf } from './fence.js';
import type { FencedBy } from './fence.js';
import { WATCH_OPTIONS } from './locks/locks-api.js';
import type { WatchOptions } from './locks/locks-api.js';
import { CALL_OPTIONS, LIST_OPTIONS } from './options.js';
import type { CallOptions, ListOptions } from './options.js';
import { pagesOf } from './pages.js';
import type { ClientParts } from './parts.js';

export type { Config, ConfigChange };

/** What every write of a document takes. */
export interface WriteConfigOptions extends CallOptions {
  /** Only if the document has this etag: else FAILED_PRECONDITION (ETAG_MISMATCH). Default: whatever it has. */
  readonly ifMatch?: string;
  /**
   * Only while this lock is held, or this term lasts: else FAILED_PRECONDITION (STALE_TOKEN), and nothing is written.
   * Default: no such condition.
   */
  readonly fence?: FencedBy;
}

const WRITE_OPTIONS: OptionNames<WriteConfigOptions> = {
  ifMatch: true,
  fence: true,
  ...CALL_OPTIONS,
};

/** What `put` takes. */
export interface PutConfigOptions extends WriteConfigOptions {
  /** JSON Schema as JSON text, at most 1 MiB, that every version must satisfy; empty: none. Default: it stays as it was. */
  readonly schema?: string;
  /** `*`: only if there is no such document; an etag: only if it has another one. Default: whatever there is. */
  readonly ifNoneMatch?: string;
}

const PUT_OPTIONS: OptionNames<PutConfigOptions> = {
  schema: true,
  ifNoneMatch: true,
  ...WRITE_OPTIONS,
};

/** What `create` takes. */
export type CreateConfigOptions = Pick<PutConfigOptions, 'schema' | 'fence' | 'signal'>;

const CREATE_OPTIONS: OptionNames<CreateConfigOptions> = {
  schema: true,
  fence: true,
  signal: true,
};

/** What `delete` takes. */
export interface DeleteConfigOptions extends WriteConfigOptions {
  /** Also if it is enabled. Default false. */
  readonly force?: boolean;
}

const DELETE_OPTIONS: OptionNames<DeleteConfigOptions> = {
  force: true,
  ...WRITE_OPTIONS,
};

/** What `get` takes. */
export interface GetConfigOptions extends CallOptions {
  /** From 0. Default: the latest. */
  readonly version?: number;
  /**
   * CACHED (default): from the daemon's memory if it has it, which is never older than its own last write; `ageMs` says how old, if
   * it can't reach its storage. LINEARIZABLE: always from the storage.
   */
  readonly consistency?: Consistency;
}

const GET_OPTIONS: OptionNames<GetConfigOptions> = {
  version: true,
  consistency: true,
  ...CALL_OPTIONS,
};

/** What `list` takes. */
export interface ListConfigsOptions extends ListOptions {
  /** Of one page: 1 to 1000, default 100. */
  readonly pageSize?: number;
}

const LIST_CONFIGS_OPTIONS: OptionNames<ListConfigsOptions> = {
  pageSize: true,
  ...LIST_OPTIONS,
};

/** What `watch` takes. */
export interface WatchConfigsOptions extends WatchOptions {
  /** Only this document. Default: all. */
  readonly name?: string;
  /** Only names that begin so. Not together with `name`. Default: all. */
  readonly prefix?: string;
}

const WATCH_CONFIGS_OPTIONS: OptionNames<WatchConfigsOptions> = {
  name: true,
  prefix: true,
  ...WATCH_OPTIONS,
};

/** An event without its kind. */
const NOTHING: Omit<WatchConfigsResponse__Output, 'kind'> = {
  revision: '0',
  config: null,
  name: '',
};

/**
 * The JSON documents of one namespace, with versions from 0, of which the last 1000 are kept. A document is JSON text of at most
 * 1 MiB, and comes back as it was written. All methods throw SharedLockError; all that write, INVALID_ARGUMENT for what is no JSON
 * (MALFORMED_JSON) or against the schema (SCHEMA_VIOLATION).
 */
export class Configs {
  readonly namespace: string;
  readonly #parts: ClientParts;

  /** @internal */
  constructor(parts: ClientParts, namespace: string) {
    this.#parts = parts;
    this.namespace = namespace;
  }

  /** Creates an enabled document, version 0. @throws SharedLockError ALREADY_EXISTS if there is one. */
  async create(name: string, document: string, options: CreateConfigOptions = {}): Promise<Config> {
    checkOptions(options, CREATE_OPTIONS);
    const { schema = '' } = options;
    const { namespace, requestId, fence } = this.#write(name, options);
    const request = { namespace, name, requestId, fence, document, schema };
    const { caller } = this.#parts;
    return configFrom(await caller.unary('ConfigService', 'CreateConfig', request, options));
  }

  /**
   * Writes the next version; creates the document if there is none and `ifMatch` is not given.
   * @throws SharedLockError FAILED_PRECONDITION (ETAG_MISMATCH) if `ifMatch` or `ifNoneMatch` does not hold.
   */
  async put(name: string, document: string, options: PutConfigOptions = {}): Promise<Config> {
    checkOptions(options, PUT_OPTIONS);
    const { schema, ifNoneMatch = '' } = options;
    const request = {
      ...this.#write(name, options),
      ...(schema === undefined ? {} : { schema }),
      ...{ document, ifNoneMatch },
    };
    const { caller } = this.#parts;
    return configFrom(await caller.unary('ConfigService', 'PutConfig', request, options));
  }

  /**
   * Applies a patch (RFC 7396, or 6902 for JSON_PATCH) to the latest version, which makes the next one.
   * @throws SharedLockError NOT_FOUND if there is no document; FAILED_PRECONDITION if the patch does not fit it.
   */
  async patch(
    name: string,
    patch: string,
    type: PatchType = 'MERGE_PATCH',
    options: WriteConfigOptions = {},
  ): Promise<Config> {
    checkOptions(options, WRITE_OPTIONS);
    const request = { ...this.#write(name, options), patch, type };
    const { caller } = this.#parts;
    return configFrom(await caller.unary('ConfigService', 'PatchConfig', request, options));
  }

  /**
   * Deletes a document with all its versions.
   * @throws SharedLockError NOT_FOUND if there is none; FAILED_PRECONDITION (CONFIG_ENABLED) if it is enabled, unless `force`.
   */
  async delete(name: string, options: DeleteConfigOptions = {}): Promise<void> {
    checkOptions(options, DELETE_OPTIONS);
    const request = { ...this.#write(name, options), force: options.force ?? false };
    await this.#parts.caller.unary('ConfigService', 'DeleteConfig', request, options);
  }

  /** @throws SharedLockError NOT_FOUND if there is no such document, or version. */
  async get(name: string, options: GetConfigOptions = {}): Promise<Config> {
    checkOptions(options, GET_OPTIONS);
    const { version, consistency = 'CACHED' } = options;
    const request = {
      ...{ namespace: this.namespace, name, consistency },
      ...(version === undefined ? {} : { version }),
    };
    const { caller } = this.#parts;
    return configFrom(await caller.unary('ConfigService', 'GetConfig', request, options));
  }

  /** The documents in the order of their names, without their text, page by page as the loop goes on. */
  async *list(options: ListConfigsOptions = {}): AsyncGenerator<Config, void, undefined> {
    checkOptions(options, LIST_CONFIGS_OPTIONS);
    const { prefix = '', pageSize = 0 } = options;
    const { namespace } = this;
    yield* pagesOf(async (pageToken) => {
      const request = { namespace, prefix, pageSize, pageToken };
      const page = await this.#parts.caller.unary('ConfigService', 'ListConfigs', request, options);
      return { items: page.configs.map(configFrom), nextPageToken: page.nextPageToken };
    });
  }

  /** The versions that are kept, newest first, without their text. @throws SharedLockError NOT_FOUND if there is no document. */
  async *versions(
    name: string,
    options: CallOptions = {},
  ): AsyncGenerator<ConfigVersion, void, undefined> {
    checkOptions(options, CALL_OPTIONS);
    const { namespace } = this;
    const { caller } = this.#parts;
    yield* pagesOf(async (pageToken) => {
      const request = { namespace, name, pageToken };
      const page = await caller.unary('ConfigService', 'ListConfigVersions', request, options);
      const items = page.versions.map(({ version, revision }) => ({
        version,
        revision: Number(revision),
      }));
      return { items, nextPageToken: page.nextPageToken };
    });
  }

  /**
   * Enables or disables a document: a mark for its readers; and only a disabled one can be deleted.
   * @throws SharedLockError NOT_FOUND if there is no document.
   */
  async setEnabled(
    name: string,
    enabled: boolean,
    options: WriteConfigOptions = {},
  ): Promise<Config> {
    checkOptions(options, WRITE_OPTIONS);
    const request = { ...this.#write(name, options), enabled };
    const { caller } = this.#parts;
    return configFrom(await caller.unary('ConfigService', 'SetConfigEnabled', request, options));
  }

  /** Makes an older version the next one. @throws SharedLockError NOT_FOUND if there is no document, or version. */
  async rollback(name: string, version: number, options: WriteConfigOptions = {}): Promise<Config> {
    checkOptions(options, WRITE_OPTIONS);
    const request = { ...this.#write(name, options), version };
    const { caller } = this.#parts;
    return configFrom(await caller.unary('ConfigService', 'RollbackConfig', request, options));
  }

  /**
   * The documents of now, SYNCED, then every change once, in order, over lost connections; or RESYNC, and all of that
   * anew. Goes on until the loop is left or the signal aborts.
   */
  watch(options: WatchConfigsOptions = {}): AsyncGenerator<ConfigChange, void, undefined> {
    checkOptions(options, WATCH_CONFIGS_OPTIONS);
    const { name = '', prefix = '' } = options;
    const { namespace } = this;
    return this.#parts.streams.watch('ConfigService', 'WatchConfigs', {
      request: (fromRevision) => ({ namespace, name, prefix, fromRevision }),
      read: configChangeFrom,
      revisionOf: ({ revision }) => revision,
      // The documents of the beginning have revision 0: cut among them, a watch begins anew.
      isState: ({ kind, revision }) => revision === 0 || kind === 'RESYNC' || kind === 'SYNCED',
      resync: (first) => [{ ...NOTHING, kind: 'RESYNC' as const }, first],
      fromRevision: options.fromRevision ?? 0,
      signal: options.signal,
    });
  }

  #write(name: string, { ifMatch = '', fence }: WriteConfigOptions) {
    const { namespace } = this;
    return { namespace, name, ifMatch, fence: fenceOf(fence), requestId: randomName() };
  }
}
