// Original file: proto/sharedlock/v1/lease.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CreateLeaseRequest as _sharedlock_v1_CreateLeaseRequest, CreateLeaseRequest__Output as _sharedlock_v1_CreateLeaseRequest__Output } from '../../sharedlock/v1/CreateLeaseRequest.js';
import type { CreateLeaseResponse as _sharedlock_v1_CreateLeaseResponse, CreateLeaseResponse__Output as _sharedlock_v1_CreateLeaseResponse__Output } from '../../sharedlock/v1/CreateLeaseResponse.js';
import type { GetLeaseRequest as _sharedlock_v1_GetLeaseRequest, GetLeaseRequest__Output as _sharedlock_v1_GetLeaseRequest__Output } from '../../sharedlock/v1/GetLeaseRequest.js';
import type { KeepAliveRequest as _sharedlock_v1_KeepAliveRequest, KeepAliveRequest__Output as _sharedlock_v1_KeepAliveRequest__Output } from '../../sharedlock/v1/KeepAliveRequest.js';
import type { KeepAliveResponse as _sharedlock_v1_KeepAliveResponse, KeepAliveResponse__Output as _sharedlock_v1_KeepAliveResponse__Output } from '../../sharedlock/v1/KeepAliveResponse.js';
import type { KeepAliveStreamRequest as _sharedlock_v1_KeepAliveStreamRequest, KeepAliveStreamRequest__Output as _sharedlock_v1_KeepAliveStreamRequest__Output } from '../../sharedlock/v1/KeepAliveStreamRequest.js';
import type { KeepAliveStreamResponse as _sharedlock_v1_KeepAliveStreamResponse, KeepAliveStreamResponse__Output as _sharedlock_v1_KeepAliveStreamResponse__Output } from '../../sharedlock/v1/KeepAliveStreamResponse.js';
import type { Lease as _sharedlock_v1_Lease, Lease__Output as _sharedlock_v1_Lease__Output } from '../../sharedlock/v1/Lease.js';
import type { ListLeasesRequest as _sharedlock_v1_ListLeasesRequest, ListLeasesRequest__Output as _sharedlock_v1_ListLeasesRequest__Output } from '../../sharedlock/v1/ListLeasesRequest.js';
import type { ListLeasesResponse as _sharedlock_v1_ListLeasesResponse, ListLeasesResponse__Output as _sharedlock_v1_ListLeasesResponse__Output } from '../../sharedlock/v1/ListLeasesResponse.js';
import type { RevokeLeaseRequest as _sharedlock_v1_RevokeLeaseRequest, RevokeLeaseRequest__Output as _sharedlock_v1_RevokeLeaseRequest__Output } from '../../sharedlock/v1/RevokeLeaseRequest.js';
import type { RevokeLeaseResponse as _sharedlock_v1_RevokeLeaseResponse, RevokeLeaseResponse__Output as _sharedlock_v1_RevokeLeaseResponse__Output } from '../../sharedlock/v1/RevokeLeaseResponse.js';
import type { WatchLeaseRequest as _sharedlock_v1_WatchLeaseRequest, WatchLeaseRequest__Output as _sharedlock_v1_WatchLeaseRequest__Output } from '../../sharedlock/v1/WatchLeaseRequest.js';
import type { WatchLeaseResponse as _sharedlock_v1_WatchLeaseResponse, WatchLeaseResponse__Output as _sharedlock_v1_WatchLeaseResponse__Output } from '../../sharedlock/v1/WatchLeaseResponse.js';

export interface LeaseServiceClient extends grpc.Client {
  CreateLease(argument: _sharedlock_v1_CreateLeaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_CreateLeaseResponse__Output>): grpc.ClientUnaryCall;
  CreateLease(argument: _sharedlock_v1_CreateLeaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_CreateLeaseResponse__Output>): grpc.ClientUnaryCall;
  CreateLease(argument: _sharedlock_v1_CreateLeaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_CreateLeaseResponse__Output>): grpc.ClientUnaryCall;
  CreateLease(argument: _sharedlock_v1_CreateLeaseRequest, callback: grpc.requestCallback<_sharedlock_v1_CreateLeaseResponse__Output>): grpc.ClientUnaryCall;
  createLease(argument: _sharedlock_v1_CreateLeaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_CreateLeaseResponse__Output>): grpc.ClientUnaryCall;
  createLease(argument: _sharedlock_v1_CreateLeaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_CreateLeaseResponse__Output>): grpc.ClientUnaryCall;
  createLease(argument: _sharedlock_v1_CreateLeaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_CreateLeaseResponse__Output>): grpc.ClientUnaryCall;
  createLease(argument: _sharedlock_v1_CreateLeaseRequest, callback: grpc.requestCallback<_sharedlock_v1_CreateLeaseResponse__Output>): grpc.ClientUnaryCall;
  
  GetLease(argument: _sharedlock_v1_GetLeaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Lease__Output>): grpc.ClientUnaryCall;
  GetLease(argument: _sharedlock_v1_GetLeaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Lease__Output>): grpc.ClientUnaryCall;
  GetLease(argument: _sharedlock_v1_GetLeaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Lease__Output>): grpc.ClientUnaryCall;
  GetLease(argument: _sharedlock_v1_GetLeaseRequest, callback: grpc.requestCallback<_sharedlock_v1_Lease__Output>): grpc.ClientUnaryCall;
  getLease(argument: _sharedlock_v1_GetLeaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Lease__Output>): grpc.ClientUnaryCall;
  getLease(argument: _sharedlock_v1_GetLeaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Lease__Output>): grpc.ClientUnaryCall;
  getLease(argument: _sharedlock_v1_GetLeaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Lease__Output>): grpc.ClientUnaryCall;
  getLease(argument: _sharedlock_v1_GetLeaseRequest, callback: grpc.requestCallback<_sharedlock_v1_Lease__Output>): grpc.ClientUnaryCall;
  
  KeepAlive(argument: _sharedlock_v1_KeepAliveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  KeepAlive(argument: _sharedlock_v1_KeepAliveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  KeepAlive(argument: _sharedlock_v1_KeepAliveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  KeepAlive(argument: _sharedlock_v1_KeepAliveRequest, callback: grpc.requestCallback<_sharedlock_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  keepAlive(argument: _sharedlock_v1_KeepAliveRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  keepAlive(argument: _sharedlock_v1_KeepAliveRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  keepAlive(argument: _sharedlock_v1_KeepAliveRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  keepAlive(argument: _sharedlock_v1_KeepAliveRequest, callback: grpc.requestCallback<_sharedlock_v1_KeepAliveResponse__Output>): grpc.ClientUnaryCall;
  
  KeepAliveStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sharedlock_v1_KeepAliveStreamRequest, _sharedlock_v1_KeepAliveStreamResponse__Output>;
  KeepAliveStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sharedlock_v1_KeepAliveStreamRequest, _sharedlock_v1_KeepAliveStreamResponse__Output>;
  keepAliveStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sharedlock_v1_KeepAliveStreamRequest, _sharedlock_v1_KeepAliveStreamResponse__Output>;
  keepAliveStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sharedlock_v1_KeepAliveStreamRequest, _sharedlock_v1_KeepAliveStreamResponse__Output>;
  
  ListLeases(argument: _sharedlock_v1_ListLeasesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  ListLeases(argument: _sharedlock_v1_ListLeasesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  ListLeases(argument: _sharedlock_v1_ListLeasesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  ListLeases(argument: _sharedlock_v1_ListLeasesRequest, callback: grpc.requestCallback<_sharedlock_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  listLeases(argument: _sharedlock_v1_ListLeasesRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  listLeases(argument: _sharedlock_v1_ListLeasesRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  listLeases(argument: _sharedlock_v1_ListLeasesRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  listLeases(argument: _sharedlock_v1_ListLeasesRequest, callback: grpc.requestCallback<_sharedlock_v1_ListLeasesResponse__Output>): grpc.ClientUnaryCall;
  
  RevokeLease(argument: _sharedlock_v1_RevokeLeaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_RevokeLeaseResponse__Output>): grpc.ClientUnaryCall;
  RevokeLease(argument: _sharedlock_v1_RevokeLeaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_RevokeLeaseResponse__Output>): grpc.ClientUnaryCall;
  RevokeLease(argument: _sharedlock_v1_RevokeLeaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_RevokeLeaseResponse__Output>): grpc.ClientUnaryCall;
  RevokeLease(argument: _sharedlock_v1_RevokeLeaseRequest, callback: grpc.requestCallback<_sharedlock_v1_RevokeLeaseResponse__Output>): grpc.ClientUnaryCall;
  revokeLease(argument: _sharedlock_v1_RevokeLeaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_RevokeLeaseResponse__Output>): grpc.ClientUnaryCall;
  revokeLease(argument: _sharedlock_v1_RevokeLeaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_RevokeLeaseResponse__Output>): grpc.ClientUnaryCall;
  revokeLease(argument: _sharedlock_v1_RevokeLeaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_RevokeLeaseResponse__Output>): grpc.ClientUnaryCall;
  revokeLease(argument: _sharedlock_v1_RevokeLeaseRequest, callback: grpc.requestCallback<_sharedlock_v1_RevokeLeaseResponse__Output>): grpc.ClientUnaryCall;
  
  WatchLease(argument: _sharedlock_v1_WatchLeaseRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_WatchLeaseResponse__Output>;
  WatchLease(argument: _sharedlock_v1_WatchLeaseRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_WatchLeaseResponse__Output>;
  watchLease(argument: _sharedlock_v1_WatchLeaseRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_WatchLeaseResponse__Output>;
  watchLease(argument: _sharedlock_v1_WatchLeaseRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_WatchLeaseResponse__Output>;
  
}

export interface LeaseServiceHandlers extends grpc.UntypedServiceImplementation {
  CreateLease: grpc.handleUnaryCall<_sharedlock_v1_CreateLeaseRequest__Output, _sharedlock_v1_CreateLeaseResponse>;
  
  GetLease: grpc.handleUnaryCall<_sharedlock_v1_GetLeaseRequest__Output, _sharedlock_v1_Lease>;
  
  KeepAlive: grpc.handleUnaryCall<_sharedlock_v1_KeepAliveRequest__Output, _sharedlock_v1_KeepAliveResponse>;
  
  KeepAliveStream: grpc.handleBidiStreamingCall<_sharedlock_v1_KeepAliveStreamRequest__Output, _sharedlock_v1_KeepAliveStreamResponse>;
  
  ListLeases: grpc.handleUnaryCall<_sharedlock_v1_ListLeasesRequest__Output, _sharedlock_v1_ListLeasesResponse>;
  
  RevokeLease: grpc.handleUnaryCall<_sharedlock_v1_RevokeLeaseRequest__Output, _sharedlock_v1_RevokeLeaseResponse>;
  
  WatchLease: grpc.handleServerStreamingCall<_sharedlock_v1_WatchLeaseRequest__Output, _sharedlock_v1_WatchLeaseResponse>;
  
}

export interface LeaseServiceDefinition extends grpc.ServiceDefinition {
  CreateLease: MethodDefinition<_sharedlock_v1_CreateLeaseRequest, _sharedlock_v1_CreateLeaseResponse, _sharedlock_v1_CreateLeaseRequest__Output, _sharedlock_v1_CreateLeaseResponse__Output>
  GetLease: MethodDefinition<_sharedlock_v1_GetLeaseRequest, _sharedlock_v1_Lease, _sharedlock_v1_GetLeaseRequest__Output, _sharedlock_v1_Lease__Output>
  KeepAlive: MethodDefinition<_sharedlock_v1_KeepAliveRequest, _sharedlock_v1_KeepAliveResponse, _sharedlock_v1_KeepAliveRequest__Output, _sharedlock_v1_KeepAliveResponse__Output>
  KeepAliveStream: MethodDefinition<_sharedlock_v1_KeepAliveStreamRequest, _sharedlock_v1_KeepAliveStreamResponse, _sharedlock_v1_KeepAliveStreamRequest__Output, _sharedlock_v1_KeepAliveStreamResponse__Output>
  ListLeases: MethodDefinition<_sharedlock_v1_ListLeasesRequest, _sharedlock_v1_ListLeasesResponse, _sharedlock_v1_ListLeasesRequest__Output, _sharedlock_v1_ListLeasesResponse__Output>
  RevokeLease: MethodDefinition<_sharedlock_v1_RevokeLeaseRequest, _sharedlock_v1_RevokeLeaseResponse, _sharedlock_v1_RevokeLeaseRequest__Output, _sharedlock_v1_RevokeLeaseResponse__Output>
  WatchLease: MethodDefinition<_sharedlock_v1_WatchLeaseRequest, _sharedlock_v1_WatchLeaseResponse, _sharedlock_v1_WatchLeaseRequest__Output, _sharedlock_v1_WatchLeaseResponse__Output>
}
