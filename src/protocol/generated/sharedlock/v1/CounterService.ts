// Original file: proto/sharedlock/v1/counter.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AddRequest as _sharedlock_v1_AddRequest, AddRequest__Output as _sharedlock_v1_AddRequest__Output } from '../../sharedlock/v1/AddRequest.js';
import type { AddResponse as _sharedlock_v1_AddResponse, AddResponse__Output as _sharedlock_v1_AddResponse__Output } from '../../sharedlock/v1/AddResponse.js';
import type { Counter as _sharedlock_v1_Counter, Counter__Output as _sharedlock_v1_Counter__Output } from '../../sharedlock/v1/Counter.js';
import type { DeleteCounterRequest as _sharedlock_v1_DeleteCounterRequest, DeleteCounterRequest__Output as _sharedlock_v1_DeleteCounterRequest__Output } from '../../sharedlock/v1/DeleteCounterRequest.js';
import type { DeleteCounterResponse as _sharedlock_v1_DeleteCounterResponse, DeleteCounterResponse__Output as _sharedlock_v1_DeleteCounterResponse__Output } from '../../sharedlock/v1/DeleteCounterResponse.js';
import type { GetCounterRequest as _sharedlock_v1_GetCounterRequest, GetCounterRequest__Output as _sharedlock_v1_GetCounterRequest__Output } from '../../sharedlock/v1/GetCounterRequest.js';
import type { IncreaseExclusiveRequest as _sharedlock_v1_IncreaseExclusiveRequest, IncreaseExclusiveRequest__Output as _sharedlock_v1_IncreaseExclusiveRequest__Output } from '../../sharedlock/v1/IncreaseExclusiveRequest.js';
import type { IncreaseExclusiveResponse as _sharedlock_v1_IncreaseExclusiveResponse, IncreaseExclusiveResponse__Output as _sharedlock_v1_IncreaseExclusiveResponse__Output } from '../../sharedlock/v1/IncreaseExclusiveResponse.js';
import type { ListCountersRequest as _sharedlock_v1_ListCountersRequest, ListCountersRequest__Output as _sharedlock_v1_ListCountersRequest__Output } from '../../sharedlock/v1/ListCountersRequest.js';
import type { ListCountersResponse as _sharedlock_v1_ListCountersResponse, ListCountersResponse__Output as _sharedlock_v1_ListCountersResponse__Output } from '../../sharedlock/v1/ListCountersResponse.js';
import type { SetCounterRequest as _sharedlock_v1_SetCounterRequest, SetCounterRequest__Output as _sharedlock_v1_SetCounterRequest__Output } from '../../sharedlock/v1/SetCounterRequest.js';
import type { SetCounterResponse as _sharedlock_v1_SetCounterResponse, SetCounterResponse__Output as _sharedlock_v1_SetCounterResponse__Output } from '../../sharedlock/v1/SetCounterResponse.js';
import type { WatchCounterRequest as _sharedlock_v1_WatchCounterRequest, WatchCounterRequest__Output as _sharedlock_v1_WatchCounterRequest__Output } from '../../sharedlock/v1/WatchCounterRequest.js';

export interface CounterServiceClient extends grpc.Client {
  Add(argument: _sharedlock_v1_AddRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_AddResponse__Output>): grpc.ClientUnaryCall;
  Add(argument: _sharedlock_v1_AddRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_AddResponse__Output>): grpc.ClientUnaryCall;
  Add(argument: _sharedlock_v1_AddRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_AddResponse__Output>): grpc.ClientUnaryCall;
  Add(argument: _sharedlock_v1_AddRequest, callback: grpc.requestCallback<_sharedlock_v1_AddResponse__Output>): grpc.ClientUnaryCall;
  add(argument: _sharedlock_v1_AddRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_AddResponse__Output>): grpc.ClientUnaryCall;
  add(argument: _sharedlock_v1_AddRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_AddResponse__Output>): grpc.ClientUnaryCall;
  add(argument: _sharedlock_v1_AddRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_AddResponse__Output>): grpc.ClientUnaryCall;
  add(argument: _sharedlock_v1_AddRequest, callback: grpc.requestCallback<_sharedlock_v1_AddResponse__Output>): grpc.ClientUnaryCall;
  
  DeleteCounter(argument: _sharedlock_v1_DeleteCounterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_DeleteCounterResponse__Output>): grpc.ClientUnaryCall;
  DeleteCounter(argument: _sharedlock_v1_DeleteCounterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_DeleteCounterResponse__Output>): grpc.ClientUnaryCall;
  DeleteCounter(argument: _sharedlock_v1_DeleteCounterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_DeleteCounterResponse__Output>): grpc.ClientUnaryCall;
  DeleteCounter(argument: _sharedlock_v1_DeleteCounterRequest, callback: grpc.requestCallback<_sharedlock_v1_DeleteCounterResponse__Output>): grpc.ClientUnaryCall;
  deleteCounter(argument: _sharedlock_v1_DeleteCounterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_DeleteCounterResponse__Output>): grpc.ClientUnaryCall;
  deleteCounter(argument: _sharedlock_v1_DeleteCounterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_DeleteCounterResponse__Output>): grpc.ClientUnaryCall;
  deleteCounter(argument: _sharedlock_v1_DeleteCounterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_DeleteCounterResponse__Output>): grpc.ClientUnaryCall;
  deleteCounter(argument: _sharedlock_v1_DeleteCounterRequest, callback: grpc.requestCallback<_sharedlock_v1_DeleteCounterResponse__Output>): grpc.ClientUnaryCall;
  
  GetCounter(argument: _sharedlock_v1_GetCounterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Counter__Output>): grpc.ClientUnaryCall;
  GetCounter(argument: _sharedlock_v1_GetCounterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Counter__Output>): grpc.ClientUnaryCall;
  GetCounter(argument: _sharedlock_v1_GetCounterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Counter__Output>): grpc.ClientUnaryCall;
  GetCounter(argument: _sharedlock_v1_GetCounterRequest, callback: grpc.requestCallback<_sharedlock_v1_Counter__Output>): grpc.ClientUnaryCall;
  getCounter(argument: _sharedlock_v1_GetCounterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Counter__Output>): grpc.ClientUnaryCall;
  getCounter(argument: _sharedlock_v1_GetCounterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Counter__Output>): grpc.ClientUnaryCall;
  getCounter(argument: _sharedlock_v1_GetCounterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Counter__Output>): grpc.ClientUnaryCall;
  getCounter(argument: _sharedlock_v1_GetCounterRequest, callback: grpc.requestCallback<_sharedlock_v1_Counter__Output>): grpc.ClientUnaryCall;
  
  IncreaseExclusive(argument: _sharedlock_v1_IncreaseExclusiveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_IncreaseExclusiveResponse__Output>): grpc.ClientUnaryCall;
  IncreaseExclusive(argument: _sharedlock_v1_IncreaseExclusiveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_IncreaseExclusiveResponse__Output>): grpc.ClientUnaryCall;
  IncreaseExclusive(argument: _sharedlock_v1_IncreaseExclusiveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_IncreaseExclusiveResponse__Output>): grpc.ClientUnaryCall;
  IncreaseExclusive(argument: _sharedlock_v1_IncreaseExclusiveRequest, callback: grpc.requestCallback<_sharedlock_v1_IncreaseExclusiveResponse__Output>): grpc.ClientUnaryCall;
  increaseExclusive(argument: _sharedlock_v1_IncreaseExclusiveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_IncreaseExclusiveResponse__Output>): grpc.ClientUnaryCall;
  increaseExclusive(argument: _sharedlock_v1_IncreaseExclusiveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_IncreaseExclusiveResponse__Output>): grpc.ClientUnaryCall;
  increaseExclusive(argument: _sharedlock_v1_IncreaseExclusiveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_IncreaseExclusiveResponse__Output>): grpc.ClientUnaryCall;
  increaseExclusive(argument: _sharedlock_v1_IncreaseExclusiveRequest, callback: grpc.requestCallback<_sharedlock_v1_IncreaseExclusiveResponse__Output>): grpc.ClientUnaryCall;
  
  ListCounters(argument: _sharedlock_v1_ListCountersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListCountersResponse__Output>): grpc.ClientUnaryCall;
  ListCounters(argument: _sharedlock_v1_ListCountersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ListCountersResponse__Output>): grpc.ClientUnaryCall;
  ListCounters(argument: _sharedlock_v1_ListCountersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListCountersResponse__Output>): grpc.ClientUnaryCall;
  ListCounters(argument: _sharedlock_v1_ListCountersRequest, callback: grpc.requestCallback<_sharedlock_v1_ListCountersResponse__Output>): grpc.ClientUnaryCall;
  listCounters(argument: _sharedlock_v1_ListCountersRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListCountersResponse__Output>): grpc.ClientUnaryCall;
  listCounters(argument: _sharedlock_v1_ListCountersRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ListCountersResponse__Output>): grpc.ClientUnaryCall;
  listCounters(argument: _sharedlock_v1_ListCountersRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListCountersResponse__Output>): grpc.ClientUnaryCall;
  listCounters(argument: _sharedlock_v1_ListCountersRequest, callback: grpc.requestCallback<_sharedlock_v1_ListCountersResponse__Output>): grpc.ClientUnaryCall;
  
  SetCounter(argument: _sharedlock_v1_SetCounterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_SetCounterResponse__Output>): grpc.ClientUnaryCall;
  SetCounter(argument: _sharedlock_v1_SetCounterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_SetCounterResponse__Output>): grpc.ClientUnaryCall;
  SetCounter(argument: _sharedlock_v1_SetCounterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_SetCounterResponse__Output>): grpc.ClientUnaryCall;
  SetCounter(argument: _sharedlock_v1_SetCounterRequest, callback: grpc.requestCallback<_sharedlock_v1_SetCounterResponse__Output>): grpc.ClientUnaryCall;
  setCounter(argument: _sharedlock_v1_SetCounterRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_SetCounterResponse__Output>): grpc.ClientUnaryCall;
  setCounter(argument: _sharedlock_v1_SetCounterRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_SetCounterResponse__Output>): grpc.ClientUnaryCall;
  setCounter(argument: _sharedlock_v1_SetCounterRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_SetCounterResponse__Output>): grpc.ClientUnaryCall;
  setCounter(argument: _sharedlock_v1_SetCounterRequest, callback: grpc.requestCallback<_sharedlock_v1_SetCounterResponse__Output>): grpc.ClientUnaryCall;
  
  WatchCounter(argument: _sharedlock_v1_WatchCounterRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_Counter__Output>;
  WatchCounter(argument: _sharedlock_v1_WatchCounterRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_Counter__Output>;
  watchCounter(argument: _sharedlock_v1_WatchCounterRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_Counter__Output>;
  watchCounter(argument: _sharedlock_v1_WatchCounterRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_Counter__Output>;
  
}

export interface CounterServiceHandlers extends grpc.UntypedServiceImplementation {
  Add: grpc.handleUnaryCall<_sharedlock_v1_AddRequest__Output, _sharedlock_v1_AddResponse>;
  
  DeleteCounter: grpc.handleUnaryCall<_sharedlock_v1_DeleteCounterRequest__Output, _sharedlock_v1_DeleteCounterResponse>;
  
  GetCounter: grpc.handleUnaryCall<_sharedlock_v1_GetCounterRequest__Output, _sharedlock_v1_Counter>;
  
  IncreaseExclusive: grpc.handleUnaryCall<_sharedlock_v1_IncreaseExclusiveRequest__Output, _sharedlock_v1_IncreaseExclusiveResponse>;
  
  ListCounters: grpc.handleUnaryCall<_sharedlock_v1_ListCountersRequest__Output, _sharedlock_v1_ListCountersResponse>;
  
  SetCounter: grpc.handleUnaryCall<_sharedlock_v1_SetCounterRequest__Output, _sharedlock_v1_SetCounterResponse>;
  
  WatchCounter: grpc.handleServerStreamingCall<_sharedlock_v1_WatchCounterRequest__Output, _sharedlock_v1_Counter>;
  
}

export interface CounterServiceDefinition extends grpc.ServiceDefinition {
  Add: MethodDefinition<_sharedlock_v1_AddRequest, _sharedlock_v1_AddResponse, _sharedlock_v1_AddRequest__Output, _sharedlock_v1_AddResponse__Output>
  DeleteCounter: MethodDefinition<_sharedlock_v1_DeleteCounterRequest, _sharedlock_v1_DeleteCounterResponse, _sharedlock_v1_DeleteCounterRequest__Output, _sharedlock_v1_DeleteCounterResponse__Output>
  GetCounter: MethodDefinition<_sharedlock_v1_GetCounterRequest, _sharedlock_v1_Counter, _sharedlock_v1_GetCounterRequest__Output, _sharedlock_v1_Counter__Output>
  IncreaseExclusive: MethodDefinition<_sharedlock_v1_IncreaseExclusiveRequest, _sharedlock_v1_IncreaseExclusiveResponse, _sharedlock_v1_IncreaseExclusiveRequest__Output, _sharedlock_v1_IncreaseExclusiveResponse__Output>
  ListCounters: MethodDefinition<_sharedlock_v1_ListCountersRequest, _sharedlock_v1_ListCountersResponse, _sharedlock_v1_ListCountersRequest__Output, _sharedlock_v1_ListCountersResponse__Output>
  SetCounter: MethodDefinition<_sharedlock_v1_SetCounterRequest, _sharedlock_v1_SetCounterResponse, _sharedlock_v1_SetCounterRequest__Output, _sharedlock_v1_SetCounterResponse__Output>
  WatchCounter: MethodDefinition<_sharedlock_v1_WatchCounterRequest, _sharedlock_v1_Counter, _sharedlock_v1_WatchCounterRequest__Output, _sharedlock_v1_Counter__Output>
}
