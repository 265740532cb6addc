import {
  configNotFound,
  type Config,
  type ConfigEvent,
  type ConfigName,
  type ConfigPage,
  type ConfigVersionPage,
  type DeleteConfigRequest,
  type GetConfigRequest,
  type ListConfigsRequest,
  type ListConfigVersionsRequest,
  type PatchConfigRequest,
  type PutConfigRequest,
  type RollbackConfigRequest,
  type SetConfigEnabledRequest,
  type WatchConfigsRequest,
} from '../../core/config-document.js';
import { invalid } from '../../core/errors.js';
import type { Revision } from '../../store/store.js';
import type { Caller } from '../caller.js';
import {
  decideCreate,
  decideDelete,
  decideEnabled,
  decidePatch,
  decidePut,
  decideRollback,
  type DecideParts,
} from './decide.js';
import type { Requests } from '../request-forms.js';
import { ConfigCache } from './cache.js';
import { ConfigChanges } from './changes.js';
import { listConfigs, listVersions } from './list.js';
import { checkConfigName } from './names.js';
import type { ConfigParts } from './parts.js';
import { readHistory, readLatest, readVersion } from './read.js';
import { configOf } from './records.js';
import { DocumentJobs } from './jobs/document-jobs.js';
import { RequestWork } from './jobs/request-work.js';
import { Schemas } from './schemas.js';
import { watchConfigs } from './watch.js';
import { ConfigWriter, type ConfigWriteKind, type Decide } from './writer.js';

/** 32 bits on the wire, ten digits in a key. */
const MAX_VERSION = 2 ** 32 - 1;

/**
 * Configuration documents: JSON text by namespace and name, with versions. Every method throws Fault INVALID_ARGUMENT for
 * a request that is out of bounds, and UNAVAILABLE if the store does not answer. Every write throws FAILED_PRECONDITION
 * (ETAG_MISMATCH, STALE_TOKEN) if one of its conditions does not hold, ALREADY_EXISTS for a request id that was used
 * otherwise, ABORTED if others write the document too often; in all of them nothing was written.
 */
export class ConfigService {
  readonly #parts: ConfigParts;
  readonly #jobs: DocumentJobs;
  readonly #schemas: Schemas;
  readonly #cache: ConfigCache;
  readonly #writer: ConfigWriter;
  readonly #changes: ConfigChanges;

  constructor(parts: ConfigParts) {
    this.#parts = parts;
    this.#jobs = new DocumentJobs(parts.realClock);
    this.#schemas = new Schemas(this.#jobs, parts.clock);
    const { configCacheBytes: capacityBytes } = parts.limits;
    this.#cache = new ConfigCache({ ...parts, capacityBytes });
    this.#changes = new ConfigChanges(parts);
    this.#writer = new ConfigWriter(parts, (at, { found, revision }) => {
      this.#cache.wrote(at, found, revision);
    });
  }

  /**
   * @param member which the document, an object then, must have; undefined: it may be any JSON.
   * @throws Fault ALREADY_EXISTS (CONFIG_EXISTS).
   */
  async create(request: PutConfigRequest, caller: Caller, member?: string): Promise<Config> {
    const work = await this.#prepare(request, caller, member);
    return this.#put(request, 'configCreate', caller, (snapshot) =>
      decideCreate(this.#decideParts(work), request, snapshot),
    );
  }

  /** Writes the next version, or the first one. @param member as `create`. */
  async put(request: PutConfigRequest, caller: Caller, member?: string): Promise<Config> {
    const work = await this.#prepare(request, caller, member);
    return this.#put(request, 'configPut', caller, (snapshot) =>
      decidePut(this.#decideParts(work), request, snapshot),
    );
  }

  /** @throws Fault NOT_FOUND; FAILED_PRECONDITION if a path of the patch is not there, or a test of it fails. */
  async patch(request: PatchConfigRequest, caller: Caller): Promise<Config> {
    const work = this.#workFor(caller);
    const { documentBytes: maxBytes } = this.#parts.limits;
    await work.read({ text: request.patch, maxBytes, field: 'patch', member: undefined });
    return this.#put(request, 'configPatch', caller, (snapshot, read) =>
      decidePatch(this.#decideParts(work), request, snapshot, read),
    );
  }

  /** @throws Fault NOT_FOUND. */
  setEnabled(request: SetConfigEnabledRequest, caller: Caller): Promise<Config> {
    return this.#put(request, 'configSetEnabled', caller, (snapshot) =>
      decideEnabled(this.#parts.clock.wall(), request, snapshot),
    );
  }

  /** Makes an older version the next one. @throws Fault NOT_FOUND. */
  async rollback(request: RollbackConfigRequest, caller: Caller): Promise<Config> {
    checkVersion(request.version);
    const work = this.#workFor(caller);
    return this.#put(request, 'configRollback', caller, (snapshot, read) =>
      decideRollback(this.#decideParts(work), request, snapshot, read),
    );
  }

  /** With all versions. @returns the revision. @throws Fault NOT_FOUND; FAILED_PRECONDITION (CONFIG_ENABLED). */
  async delete(request: DeleteConfigRequest, caller: Caller): Promise<Revision> {
    const written = await this.#writer.write(request, 'configDelete', caller, (snapshot) =>
      decideDelete(request, snapshot),
    );
    return written.revision;
  }

  /** @throws Fault NOT_FOUND (CONFIG_NOT_FOUND, VERSION_NOT_FOUND). */
  async get(request: GetConfigRequest): Promise<Config> {
    checkConfigName(request, this.#parts.limits);
    const { version, consistency } = request;
    if (version !== undefined) {
      checkVersion(version);
      return configOf(request, await readVersion(this.#parts, request, version));
    }
    if (consistency === 'CACHED') return this.#cache.get(request);
    const { found } = await readLatest(this.#parts, request);
    if (found === undefined) throw configNotFound(request);
    return configOf(request, found);
  }

  /** The texts of all versions that are kept, oldest first. @throws Fault NOT_FOUND; RESOURCE_EXHAUSTED (HISTORY_TOO_LARGE). */
  async history(at: ConfigName): Promise<ReadonlyMap<number, string>> {
    checkConfigName(at, this.#parts.limits);
    return readHistory(this.#parts, at);
  }

  list(request: ListConfigsRequest): Promise<ConfigPage> {
    return listConfigs(this.#parts, request);
  }

  /** Newest first. @throws Fault NOT_FOUND. */
  listVersions(request: ListConfigVersionsRequest): Promise<ConfigVersionPage> {
    return listVersions(this.#parts, request);
  }

  /** The documents of now, then every change once, in order. The stream ends when the caller goes away. */
  watch(request: WatchConfigsRequest, caller: Caller): Promise<AsyncIterable<ConfigEvent>> {
    return watchConfigs(this.#parts, this.#changes, request, caller);
  }

  async #put<Kind extends ConfigWriteKind>(
    request: Requests[Kind],
    kind: Kind,
    caller: Caller,
    decide: Decide,
  ): Promise<Config> {
    const { found } = await this.#writer.write(request, kind, caller, decide);
    if (found === undefined) throw new TypeError(`${kind} deletes nothing`);
    return configOf(request, found);
  }

  /** Lets go of what is watched for the cache, and ends the process for documents. */
  async stop(): Promise<void> {
    this.#cache.stop();
    await this.#jobs.stop();
  }

  #decideParts(work: RequestWork): DecideParts {
    const { limits, clock } = this.#parts;
    return { limits, work, nowMs: clock.wall() };
  }

  #workFor(caller: Caller): RequestWork {
    return new RequestWork({ jobs: this.#jobs, schemas: this.#schemas }, caller);
  }

  /** @throws Fault INVALID_ARGUMENT for what is no document. */
  async #prepare(
    { document: text, schema }: PutConfigRequest,
    caller: Caller,
    member: string | undefined,
  ): Promise<RequestWork> {
    const work = this.#workFor(caller);
    const { documentBytes: maxBytes } = this.#parts.limits;
    await work.read({ text, maxBytes, field: 'document', member });
    // While it is checked, others may write the document, or create one of the namespace.
    if (schema !== undefined && schema !== '') await work.checkAhead(schema, text);
    return work;
  }
}

function checkVersion(version: number): void {
  if (version >= 0 && version <= MAX_VERSION) return;
  throw invalid('version', `must be from 0 to ${MAX_VERSION}`);
}
