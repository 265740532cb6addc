// Original file: proto/sharedlock/v1/config.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { Config as _sharedlock_v1_Config, Config__Output as _sharedlock_v1_Config__Output } from '../../sharedlock/v1/Config.js';
import type { CreateConfigRequest as _sharedlock_v1_CreateConfigRequest, CreateConfigRequest__Output as _sharedlock_v1_CreateConfigRequest__Output } from '../../sharedlock/v1/CreateConfigRequest.js';
import type { DeleteConfigRequest as _sharedlock_v1_DeleteConfigRequest, DeleteConfigRequest__Output as _sharedlock_v1_DeleteConfigRequest__Output } from '../../sharedlock/v1/DeleteConfigRequest.js';
import type { DeleteConfigResponse as _sharedlock_v1_DeleteConfigResponse, DeleteConfigResponse__Output as _sharedlock_v1_DeleteConfigResponse__Output } from '../../sharedlock/v1/DeleteConfigResponse.js';
import type { GetConfigRequest as _sharedlock_v1_GetConfigRequest, GetConfigRequest__Output as _sharedlock_v1_GetConfigRequest__Output } from '../../sharedlock/v1/GetConfigRequest.js';
import type { ListConfigVersionsRequest as _sharedlock_v1_ListConfigVersionsRequest, ListConfigVersionsRequest__Output as _sharedlock_v1_ListConfigVersionsRequest__Output } from '../../sharedlock/v1/ListConfigVersionsRequest.js';
import type { ListConfigVersionsResponse as _sharedlock_v1_ListConfigVersionsResponse, ListConfigVersionsResponse__Output as _sharedlock_v1_ListConfigVersionsResponse__Output } from '../../sharedlock/v1/ListConfigVersionsResponse.js';
import type { ListConfigsRequest as _sharedlock_v1_ListConfigsRequest, ListConfigsRequest__Output as _sharedlock_v1_ListConfigsRequest__Output } from '../../sharedlock/v1/ListConfigsRequest.js';
import type { ListConfigsResponse as _sharedlock_v1_ListConfigsResponse, ListConfigsResponse__Output as _sharedlock_v1_ListConfigsResponse__Output } from '../../sharedlock/v1/ListConfigsResponse.js';
import type { PatchConfigRequest as _sharedlock_v1_PatchConfigRequest, PatchConfigRequest__Output as _sharedlock_v1_PatchConfigRequest__Output } from '../../sharedlock/v1/PatchConfigRequest.js';
import type { PutConfigRequest as _sharedlock_v1_PutConfigRequest, PutConfigRequest__Output as _sharedlock_v1_PutConfigRequest__Output } from '../../sharedlock/v1/PutConfigRequest.js';
import type { RollbackConfigRequest as _sharedlock_v1_RollbackConfigRequest, RollbackConfigRequest__Output as _sharedlock_v1_RollbackConfigRequest__Output } from '../../sharedlock/v1/RollbackConfigRequest.js';
import type { SetConfigEnabledRequest as _sharedlock_v1_SetConfigEnabledRequest, SetConfigEnabledRequest__Output as _sharedlock_v1_SetConfigEnabledRequest__Output } from '../../sharedlock/v1/SetConfigEnabledRequest.js';
import type { WatchConfigsRequest as _sharedlock_v1_WatchConfigsRequest, WatchConfigsRequest__Output as _sharedlock_v1_WatchConfigsRequest__Output } from '../../sharedlock/v1/WatchConfigsRequest.js';
import type { WatchConfigsResponse as _sharedlock_v1_WatchConfigsResponse, WatchConfigsResponse__Output as _sharedlock_v1_WatchConfigsResponse__Output } from '../../sharedlock/v1/WatchConfigsResponse.js';

export interface ConfigServiceClient extends grpc.Client {
  CreateConfig(argument: _sharedlock_v1_CreateConfigRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  CreateConfig(argument: _sharedlock_v1_CreateConfigRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  CreateConfig(argument: _sharedlock_v1_CreateConfigRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  CreateConfig(argument: _sharedlock_v1_CreateConfigRequest, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  createConfig(argument: _sharedlock_v1_CreateConfigRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  createConfig(argument: _sharedlock_v1_CreateConfigRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  createConfig(argument: _sharedlock_v1_CreateConfigRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  createConfig(argument: _sharedlock_v1_CreateConfigRequest, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  
  DeleteConfig(argument: _sharedlock_v1_DeleteConfigRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_DeleteConfigResponse__Output>): grpc.ClientUnaryCall;
  DeleteConfig(argument: _sharedlock_v1_DeleteConfigRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_DeleteConfigResponse__Output>): grpc.ClientUnaryCall;
  DeleteConfig(argument: _sharedlock_v1_DeleteConfigRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_DeleteConfigResponse__Output>): grpc.ClientUnaryCall;
  DeleteConfig(argument: _sharedlock_v1_DeleteConfigRequest, callback: grpc.requestCallback<_sharedlock_v1_DeleteConfigResponse__Output>): grpc.ClientUnaryCall;
  deleteConfig(argument: _sharedlock_v1_DeleteConfigRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_DeleteConfigResponse__Output>): grpc.ClientUnaryCall;
  deleteConfig(argument: _sharedlock_v1_DeleteConfigRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_DeleteConfigResponse__Output>): grpc.ClientUnaryCall;
  deleteConfig(argument: _sharedlock_v1_DeleteConfigRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_DeleteConfigResponse__Output>): grpc.ClientUnaryCall;
  deleteConfig(argument: _sharedlock_v1_DeleteConfigRequest, callback: grpc.requestCallback<_sharedlock_v1_DeleteConfigResponse__Output>): grpc.ClientUnaryCall;
  
  GetConfig(argument: _sharedlock_v1_GetConfigRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  GetConfig(argument: _sharedlock_v1_GetConfigRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  GetConfig(argument: _sharedlock_v1_GetConfigRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  GetConfig(argument: _sharedlock_v1_GetConfigRequest, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  getConfig(argument: _sharedlock_v1_GetConfigRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  getConfig(argument: _sharedlock_v1_GetConfigRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  getConfig(argument: _sharedlock_v1_GetConfigRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  getConfig(argument: _sharedlock_v1_GetConfigRequest, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  
  ListConfigVersions(argument: _sharedlock_v1_ListConfigVersionsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListConfigVersionsResponse__Output>): grpc.ClientUnaryCall;
  ListConfigVersions(argument: _sharedlock_v1_ListConfigVersionsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ListConfigVersionsResponse__Output>): grpc.ClientUnaryCall;
  ListConfigVersions(argument: _sharedlock_v1_ListConfigVersionsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListConfigVersionsResponse__Output>): grpc.ClientUnaryCall;
  ListConfigVersions(argument: _sharedlock_v1_ListConfigVersionsRequest, callback: grpc.requestCallback<_sharedlock_v1_ListConfigVersionsResponse__Output>): grpc.ClientUnaryCall;
  listConfigVersions(argument: _sharedlock_v1_ListConfigVersionsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListConfigVersionsResponse__Output>): grpc.ClientUnaryCall;
  listConfigVersions(argument: _sharedlock_v1_ListConfigVersionsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ListConfigVersionsResponse__Output>): grpc.ClientUnaryCall;
  listConfigVersions(argument: _sharedlock_v1_ListConfigVersionsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListConfigVersionsResponse__Output>): grpc.ClientUnaryCall;
  listConfigVersions(argument: _sharedlock_v1_ListConfigVersionsRequest, callback: grpc.requestCallback<_sharedlock_v1_ListConfigVersionsResponse__Output>): grpc.ClientUnaryCall;
  
  ListConfigs(argument: _sharedlock_v1_ListConfigsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListConfigsResponse__Output>): grpc.ClientUnaryCall;
  ListConfigs(argument: _sharedlock_v1_ListConfigsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ListConfigsResponse__Output>): grpc.ClientUnaryCall;
  ListConfigs(argument: _sharedlock_v1_ListConfigsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListConfigsResponse__Output>): grpc.ClientUnaryCall;
  ListConfigs(argument: _sharedlock_v1_ListConfigsRequest, callback: grpc.requestCallback<_sharedlock_v1_ListConfigsResponse__Output>): grpc.ClientUnaryCall;
  listConfigs(argument: _sharedlock_v1_ListConfigsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListConfigsResponse__Output>): grpc.ClientUnaryCall;
  listConfigs(argument: _sharedlock_v1_ListConfigsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ListConfigsResponse__Output>): grpc.ClientUnaryCall;
  listConfigs(argument: _sharedlock_v1_ListConfigsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListConfigsResponse__Output>): grpc.ClientUnaryCall;
  listConfigs(argument: _sharedlock_v1_ListConfigsRequest, callback: grpc.requestCallback<_sharedlock_v1_ListConfigsResponse__Output>): grpc.ClientUnaryCall;
  
  PatchConfig(argument: _sharedlock_v1_PatchConfigRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  PatchConfig(argument: _sharedlock_v1_PatchConfigRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  PatchConfig(argument: _sharedlock_v1_PatchConfigRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  PatchConfig(argument: _sharedlock_v1_PatchConfigRequest, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  patchConfig(argument: _sharedlock_v1_PatchConfigRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  patchConfig(argument: _sharedlock_v1_PatchConfigRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  patchConfig(argument: _sharedlock_v1_PatchConfigRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  patchConfig(argument: _sharedlock_v1_PatchConfigRequest, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  
  PutConfig(argument: _sharedlock_v1_PutConfigRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  PutConfig(argument: _sharedlock_v1_PutConfigRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  PutConfig(argument: _sharedlock_v1_PutConfigRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  PutConfig(argument: _sharedlock_v1_PutConfigRequest, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  putConfig(argument: _sharedlock_v1_PutConfigRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  putConfig(argument: _sharedlock_v1_PutConfigRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  putConfig(argument: _sharedlock_v1_PutConfigRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  putConfig(argument: _sharedlock_v1_PutConfigRequest, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  
  RollbackConfig(argument: _sharedlock_v1_RollbackConfigRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  RollbackConfig(argument: _sharedlock_v1_RollbackConfigRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  RollbackConfig(argument: _sharedlock_v1_RollbackConfigRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  RollbackConfig(argument: _sharedlock_v1_RollbackConfigRequest, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  rollbackConfig(argument: _sharedlock_v1_RollbackConfigRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  rollbackConfig(argument: _sharedlock_v1_RollbackConfigRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  rollbackConfig(argument: _sharedlock_v1_RollbackConfigRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  rollbackConfig(argument: _sharedlock_v1_RollbackConfigRequest, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  
  SetConfigEnabled(argument: _sharedlock_v1_SetConfigEnabledRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  SetConfigEnabled(argument: _sharedlock_v1_SetConfigEnabledRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  SetConfigEnabled(argument: _sharedlock_v1_SetConfigEnabledRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  SetConfigEnabled(argument: _sharedlock_v1_SetConfigEnabledRequest, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  setConfigEnabled(argument: _sharedlock_v1_SetConfigEnabledRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  setConfigEnabled(argument: _sharedlock_v1_SetConfigEnabledRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  setConfigEnabled(argument: _sharedlock_v1_SetConfigEnabledRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  setConfigEnabled(argument: _sharedlock_v1_SetConfigEnabledRequest, callback: grpc.requestCallback<_sharedlock_v1_Config__Output>): grpc.ClientUnaryCall;
  
  WatchConfigs(argument: _sharedlock_v1_WatchConfigsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_WatchConfigsResponse__Output>;
  WatchConfigs(argument: _sharedlock_v1_WatchConfigsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_WatchConfigsResponse__Output>;
  watchConfigs(argument: _sharedlock_v1_WatchConfigsRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_WatchConfigsResponse__Output>;
  watchConfigs(argument: _sharedlock_v1_WatchConfigsRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_WatchConfigsResponse__Output>;
  
}

export interface ConfigServiceHandlers extends grpc.UntypedServiceImplementation {
  CreateConfig: grpc.handleUnaryCall<_sharedlock_v1_CreateConfigRequest__Output, _sharedlock_v1_Config>;
  
  DeleteConfig: grpc.handleUnaryCall<_sharedlock_v1_DeleteConfigRequest__Output, _sharedlock_v1_DeleteConfigResponse>;
  
  GetConfig: grpc.handleUnaryCall<_sharedlock_v1_GetConfigRequest__Output, _sharedlock_v1_Config>;
  
  ListConfigVersions: grpc.handleUnaryCall<_sharedlock_v1_ListConfigVersionsRequest__Output, _sharedlock_v1_ListConfigVersionsResponse>;
  
  ListConfigs: grpc.handleUnaryCall<_sharedlock_v1_ListConfigsRequest__Output, _sharedlock_v1_ListConfigsResponse>;
  
  PatchConfig: grpc.handleUnaryCall<_sharedlock_v1_PatchConfigRequest__Output, _sharedlock_v1_Config>;
  
  PutConfig: grpc.handleUnaryCall<_sharedlock_v1_PutConfigRequest__Output, _sharedlock_v1_Config>;
  
  RollbackConfig: grpc.handleUnaryCall<_sharedlock_v1_RollbackConfigRequest__Output, _sharedlock_v1_Config>;
  
  SetConfigEnabled: grpc.handleUnaryCall<_sharedlock_v1_SetConfigEnabledRequest__Output, _sharedlock_v1_Config>;
  
  WatchConfigs: grpc.handleServerStreamingCall<_sharedlock_v1_WatchConfigsRequest__Output, _sharedlock_v1_WatchConfigsResponse>;
  
}

export interface ConfigServiceDefinition extends grpc.ServiceDefinition {
  CreateConfig: MethodDefinition<_sharedlock_v1_CreateConfigRequest, _sharedlock_v1_Config, _sharedlock_v1_CreateConfigRequest__Output, _sharedlock_v1_Config__Output>
  DeleteConfig: MethodDefinition<_sharedlock_v1_DeleteConfigRequest, _sharedlock_v1_DeleteConfigResponse, _sharedlock_v1_DeleteConfigRequest__Output, _sharedlock_v1_DeleteConfigResponse__Output>
  GetConfig: MethodDefinition<_sharedlock_v1_GetConfigRequest, _sharedlock_v1_Config, _sharedlock_v1_GetConfigRequest__Output, _sharedlock_v1_Config__Output>
  ListConfigVersions: MethodDefinition<_sharedlock_v1_ListConfigVersionsRequest, _sharedlock_v1_ListConfigVersionsResponse, _sharedlock_v1_ListConfigVersionsRequest__Output, _sharedlock_v1_ListConfigVersionsResponse__Output>
  ListConfigs: MethodDefinition<_sharedlock_v1_ListConfigsRequest, _sharedlock_v1_ListConfigsResponse, _sharedlock_v1_ListConfigsRequest__Output, _sharedlock_v1_ListConfigsResponse__Output>
  PatchConfig: MethodDefinition<_sharedlock_v1_PatchConfigRequest, _sharedlock_v1_Config, _sharedlock_v1_PatchConfigRequest__Output, _sharedlock_v1_Config__Output>
  PutConfig: MethodDefinition<_sharedlock_v1_PutConfigRequest, _sharedlock_v1_Config, _sharedlock_v1_PutConfigRequest__Output, _sharedlock_v1_Config__Output>
  RollbackConfig: MethodDefinition<_sharedlock_v1_RollbackConfigRequest, _sharedlock_v1_Config, _sharedlock_v1_RollbackConfigRequest__Output, _sharedlock_v1_Config__Output>
  SetConfigEnabled: MethodDefinition<_sharedlock_v1_SetConfigEnabledRequest, _sharedlock_v1_Config, _sharedlock_v1_SetConfigEnabledRequest__Output, _sharedlock_v1_Config__Output>
  WatchConfigs: MethodDefinition<_sharedlock_v1_WatchConfigsRequest, _sharedlock_v1_WatchConfigsResponse, _sharedlock_v1_WatchConfigsRequest__Output, _sharedlock_v1_WatchConfigsResponse__Output>
}
