import type { Config, ConfigEvent } from '../../core/config-document.js';
import { remembered } from '../../core/remembered.js';
import {
  configEventOf,
  configOf,
  configPageOf,
  createConfigFrom,
  deleteConfigFrom,
  getConfigFrom,
  listConfigsFrom,
  listVersionsFrom,
  patchConfigFrom,
  putConfigFrom,
  rollbackFrom,
  setEnabledFrom,
  versionPageOf,
  watchConfigsFrom,
} from '../../protocol/convert/config.js';
import type { CreateConfigRequest__Output } from '../../protocol/generated/sharedlock/v1/CreateConfigRequest.js';
import type { DeleteConfigRequest__Output } from '../../protocol/generated/sharedlock/v1/DeleteConfigRequest.js';
import type { DeleteConfigResponse } from '../../protocol/generated/sharedlock/v1/DeleteConfigResponse.js';
import type { GetConfigRequest__Output } from '../../protocol/generated/sharedlock/v1/GetConfigRequest.js';
import type { ListConfigsRequest__Output } from '../../protocol/generated/sharedlock/v1/ListConfigsRequest.js';
import type { ListConfigVersionsRequest__Output } from '../../protocol/generated/sharedlock/v1/ListConfigVersionsRequest.js';
import type { PatchConfigRequest__Output } from '../../protocol/generated/sharedlock/v1/PatchConfigRequest.js';
import type { PutConfigRequest__Output } from '../../protocol/generated/sharedlock/v1/PutConfigRequest.js';
import type { RollbackConfigRequest__Output } from '../../protocol/generated/sharedlock/v1/RollbackConfigRequest.js';
import type { SetConfigEnabledRequest__Output } from '../../protocol/generated/sharedlock/v1/SetConfigEnabledRequest.js';
import type { WatchConfigsRequest__Output } from '../../protocol/generated/sharedlock/v1/WatchConfigsRequest.js';
import type { WatchConfigsResponse } from '../../protocol/generated/sharedlock/v1/WatchConfigsResponse.js';
import type { ConfigService } from '../../service/config/config-service.js';
import { serverStream, unary } from './call.js';
import type { Handler, HandlerTable } from './call.js';
import { givenAgain } from './encoded-once.js';

/** sharedlock.v1.ConfigService: message in, service call, message out. */
export function configHandlers(configs: ConfigService): HandlerTable {
  const messageOf = remembered(configEventOf);
  const cachedOf = remembered((config: Config) => givenAgain(configOf(config)));
  const handlers: Readonly<Record<string, Handler>> = {
    CreateConfig: unary(async (request: CreateConfigRequest__Output, call) =>
      configOf(await configs.create(createConfigFrom(request), call)),
    ),
    PutConfig: unary(async (request: PutConfigRequest__Output, call) =>
      configOf(await configs.put(putConfigFrom(request), call)),
    ),
    PatchConfig: unary(async (request: PatchConfigRequest__Output, call) =>
      configOf(await configs.patch(patchConfigFrom(request), call)),
    ),
    DeleteConfig: unary(
      async (request: DeleteConfigRequest__Output, call): Promise<DeleteConfigResponse> => ({
        revision: await configs.delete(deleteConfigFrom(request), call),
      }),
    ),
    GetConfig: unary(async (request: GetConfigRequest__Output) => {
      const config = await configs.get(getConfigFrom(request));
      // Only then it is the same one for all.
      return config.cached && config.ageMs === 0 ? cachedOf(config) : configOf(config);
    }),
    ListConfigs: unary(async (request: ListConfigsRequest__Output) =>
      configPageOf(await configs.list(listConfigsFrom(request))),
    ),
    WatchConfigs: serverStream(async (request: WatchConfigsRequest__Output, call) =>
      messagesOf(await configs.watch(watchConfigsFrom(request), call), messageOf),
    ),
    SetConfigEnabled: unary(async (request: SetConfigEnabledRequest__Output, call) =>
      configOf(await configs.setEnabled(setEnabledFrom(request), call)),
    ),
    RollbackConfig: unary(async (request: RollbackConfigRequest__Output, call) =>
      configOf(await configs.rollback(rollbackFrom(request), call)),
    ),
    ListConfigVersions: unary(async (request: ListConfigVersionsRequest__Output) =>
      versionPageOf(await configs.listVersions(listVersionsFrom(request))),
    ),
  };
  return new Map(
    Object.entries(handlers).map(([name, handler]) => [
      `/sharedlock.v1.ConfigService/${name}`,
      handler,
    ]),
  );
}

async function* messagesOf(
  events: AsyncIterable<ConfigEvent>,
  messageOf: (event: ConfigEvent) => WatchConfigsResponse,
): AsyncGenerator<WatchConfigsResponse> {
  for await (const event of events) yield messageOf(event);
}
