// Original file: proto/sharedlock/v1/lock.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AcquireRequest as _sharedlock_v1_AcquireRequest, AcquireRequest__Output as _sharedlock_v1_AcquireRequest__Output } from '../../sharedlock/v1/AcquireRequest.js';
import type { AcquireResponse as _sharedlock_v1_AcquireResponse, AcquireResponse__Output as _sharedlock_v1_AcquireResponse__Output } from '../../sharedlock/v1/AcquireResponse.js';
import type { CheckTokenRequest as _sharedlock_v1_CheckTokenRequest, CheckTokenRequest__Output as _sharedlock_v1_CheckTokenRequest__Output } from '../../sharedlock/v1/CheckTokenRequest.js';
import type { CheckTokenResponse as _sharedlock_v1_CheckTokenResponse, CheckTokenResponse__Output as _sharedlock_v1_CheckTokenResponse__Output } from '../../sharedlock/v1/CheckTokenResponse.js';
import type { ForceReleaseRequest as _sharedlock_v1_ForceReleaseRequest, ForceReleaseRequest__Output as _sharedlock_v1_ForceReleaseRequest__Output } from '../../sharedlock/v1/ForceReleaseRequest.js';
import type { ForceReleaseResponse as _sharedlock_v1_ForceReleaseResponse, ForceReleaseResponse__Output as _sharedlock_v1_ForceReleaseResponse__Output } from '../../sharedlock/v1/ForceReleaseResponse.js';
import type { GetLockRequest as _sharedlock_v1_GetLockRequest, GetLockRequest__Output as _sharedlock_v1_GetLockRequest__Output } from '../../sharedlock/v1/GetLockRequest.js';
import type { HoldRequest as _sharedlock_v1_HoldRequest, HoldRequest__Output as _sharedlock_v1_HoldRequest__Output } from '../../sharedlock/v1/HoldRequest.js';
import type { HoldResponse as _sharedlock_v1_HoldResponse, HoldResponse__Output as _sharedlock_v1_HoldResponse__Output } from '../../sharedlock/v1/HoldResponse.js';
import type { ListLocksRequest as _sharedlock_v1_ListLocksRequest, ListLocksRequest__Output as _sharedlock_v1_ListLocksRequest__Output } from '../../sharedlock/v1/ListLocksRequest.js';
import type { ListLocksResponse as _sharedlock_v1_ListLocksResponse, ListLocksResponse__Output as _sharedlock_v1_ListLocksResponse__Output } from '../../sharedlock/v1/ListLocksResponse.js';
import type { Lock as _sharedlock_v1_Lock, Lock__Output as _sharedlock_v1_Lock__Output } from '../../sharedlock/v1/Lock.js';
import type { ReleaseRequest as _sharedlock_v1_ReleaseRequest, ReleaseRequest__Output as _sharedlock_v1_ReleaseRequest__Output } from '../../sharedlock/v1/ReleaseRequest.js';
import type { ReleaseResponse as _sharedlock_v1_ReleaseResponse, ReleaseResponse__Output as _sharedlock_v1_ReleaseResponse__Output } from '../../sharedlock/v1/ReleaseResponse.js';
import type { WatchLockRequest as _sharedlock_v1_WatchLockRequest, WatchLockRequest__Output as _sharedlock_v1_WatchLockRequest__Output } from '../../sharedlock/v1/WatchLockRequest.js';
import type { WatchLockResponse as _sharedlock_v1_WatchLockResponse, WatchLockResponse__Output as _sharedlock_v1_WatchLockResponse__Output } from '../../sharedlock/v1/WatchLockResponse.js';

export interface LockServiceClient extends grpc.Client {
  Acquire(argument: _sharedlock_v1_AcquireRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;
  Acquire(argument: _sharedlock_v1_AcquireRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;
  Acquire(argument: _sharedlock_v1_AcquireRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;
  Acquire(argument: _sharedlock_v1_AcquireRequest, callback: grpc.requestCallback<_sharedlock_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;
  acquire(argument: _sharedlock_v1_AcquireRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;
  acquire(argument: _sharedlock_v1_AcquireRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;
  acquire(argument: _sharedlock_v1_AcquireRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;
  acquire(argument: _sharedlock_v1_AcquireRequest, callback: grpc.requestCallback<_sharedlock_v1_AcquireResponse__Output>): grpc.ClientUnaryCall;
  
  CheckToken(argument: _sharedlock_v1_CheckTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_CheckTokenResponse__Output>): grpc.ClientUnaryCall;
  CheckToken(argument: _sharedlock_v1_CheckTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_CheckTokenResponse__Output>): grpc.ClientUnaryCall;
  CheckToken(argument: _sharedlock_v1_CheckTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_CheckTokenResponse__Output>): grpc.ClientUnaryCall;
  CheckToken(argument: _sharedlock_v1_CheckTokenRequest, callback: grpc.requestCallback<_sharedlock_v1_CheckTokenResponse__Output>): grpc.ClientUnaryCall;
  checkToken(argument: _sharedlock_v1_CheckTokenRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_CheckTokenResponse__Output>): grpc.ClientUnaryCall;
  checkToken(argument: _sharedlock_v1_CheckTokenRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_CheckTokenResponse__Output>): grpc.ClientUnaryCall;
  checkToken(argument: _sharedlock_v1_CheckTokenRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_CheckTokenResponse__Output>): grpc.ClientUnaryCall;
  checkToken(argument: _sharedlock_v1_CheckTokenRequest, callback: grpc.requestCallback<_sharedlock_v1_CheckTokenResponse__Output>): grpc.ClientUnaryCall;
  
  ForceRelease(argument: _sharedlock_v1_ForceReleaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ForceReleaseResponse__Output>): grpc.ClientUnaryCall;
  ForceRelease(argument: _sharedlock_v1_ForceReleaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ForceReleaseResponse__Output>): grpc.ClientUnaryCall;
  ForceRelease(argument: _sharedlock_v1_ForceReleaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ForceReleaseResponse__Output>): grpc.ClientUnaryCall;
  ForceRelease(argument: _sharedlock_v1_ForceReleaseRequest, callback: grpc.requestCallback<_sharedlock_v1_ForceReleaseResponse__Output>): grpc.ClientUnaryCall;
  forceRelease(argument: _sharedlock_v1_ForceReleaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ForceReleaseResponse__Output>): grpc.ClientUnaryCall;
  forceRelease(argument: _sharedlock_v1_ForceReleaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ForceReleaseResponse__Output>): grpc.ClientUnaryCall;
  forceRelease(argument: _sharedlock_v1_ForceReleaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ForceReleaseResponse__Output>): grpc.ClientUnaryCall;
  forceRelease(argument: _sharedlock_v1_ForceReleaseRequest, callback: grpc.requestCallback<_sharedlock_v1_ForceReleaseResponse__Output>): grpc.ClientUnaryCall;
  
  GetLock(argument: _sharedlock_v1_GetLockRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Lock__Output>): grpc.ClientUnaryCall;
  GetLock(argument: _sharedlock_v1_GetLockRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Lock__Output>): grpc.ClientUnaryCall;
  GetLock(argument: _sharedlock_v1_GetLockRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Lock__Output>): grpc.ClientUnaryCall;
  GetLock(argument: _sharedlock_v1_GetLockRequest, callback: grpc.requestCallback<_sharedlock_v1_Lock__Output>): grpc.ClientUnaryCall;
  getLock(argument: _sharedlock_v1_GetLockRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Lock__Output>): grpc.ClientUnaryCall;
  getLock(argument: _sharedlock_v1_GetLockRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Lock__Output>): grpc.ClientUnaryCall;
  getLock(argument: _sharedlock_v1_GetLockRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Lock__Output>): grpc.ClientUnaryCall;
  getLock(argument: _sharedlock_v1_GetLockRequest, callback: grpc.requestCallback<_sharedlock_v1_Lock__Output>): grpc.ClientUnaryCall;
  
  Hold(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sharedlock_v1_HoldRequest, _sharedlock_v1_HoldResponse__Output>;
  Hold(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sharedlock_v1_HoldRequest, _sharedlock_v1_HoldResponse__Output>;
  hold(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sharedlock_v1_HoldRequest, _sharedlock_v1_HoldResponse__Output>;
  hold(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sharedlock_v1_HoldRequest, _sharedlock_v1_HoldResponse__Output>;
  
  ListLocks(argument: _sharedlock_v1_ListLocksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListLocksResponse__Output>): grpc.ClientUnaryCall;
  ListLocks(argument: _sharedlock_v1_ListLocksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ListLocksResponse__Output>): grpc.ClientUnaryCall;
  ListLocks(argument: _sharedlock_v1_ListLocksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListLocksResponse__Output>): grpc.ClientUnaryCall;
  ListLocks(argument: _sharedlock_v1_ListLocksRequest, callback: grpc.requestCallback<_sharedlock_v1_ListLocksResponse__Output>): grpc.ClientUnaryCall;
  listLocks(argument: _sharedlock_v1_ListLocksRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListLocksResponse__Output>): grpc.ClientUnaryCall;
  listLocks(argument: _sharedlock_v1_ListLocksRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ListLocksResponse__Output>): grpc.ClientUnaryCall;
  listLocks(argument: _sharedlock_v1_ListLocksRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListLocksResponse__Output>): grpc.ClientUnaryCall;
  listLocks(argument: _sharedlock_v1_ListLocksRequest, callback: grpc.requestCallback<_sharedlock_v1_ListLocksResponse__Output>): grpc.ClientUnaryCall;
  
  Release(argument: _sharedlock_v1_ReleaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;
  Release(argument: _sharedlock_v1_ReleaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;
  Release(argument: _sharedlock_v1_ReleaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;
  Release(argument: _sharedlock_v1_ReleaseRequest, callback: grpc.requestCallback<_sharedlock_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;
  release(argument: _sharedlock_v1_ReleaseRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;
  release(argument: _sharedlock_v1_ReleaseRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;
  release(argument: _sharedlock_v1_ReleaseRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;
  release(argument: _sharedlock_v1_ReleaseRequest, callback: grpc.requestCallback<_sharedlock_v1_ReleaseResponse__Output>): grpc.ClientUnaryCall;
  
  WatchLock(argument: _sharedlock_v1_WatchLockRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_WatchLockResponse__Output>;
  WatchLock(argument: _sharedlock_v1_WatchLockRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_WatchLockResponse__Output>;
  watchLock(argument: _sharedlock_v1_WatchLockRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_WatchLockResponse__Output>;
  watchLock(argument: _sharedlock_v1_WatchLockRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_WatchLockResponse__Output>;
  
}

export interface LockServiceHandlers extends grpc.UntypedServiceImplementation {
  Acquire: grpc.handleUnaryCall<_sharedlock_v1_AcquireRequest__Output, _sharedlock_v1_AcquireResponse>;
  
  CheckToken: grpc.handleUnaryCall<_sharedlock_v1_CheckTokenRequest__Output, _sharedlock_v1_CheckTokenResponse>;
  
  ForceRelease: grpc.handleUnaryCall<_sharedlock_v1_ForceReleaseRequest__Output, _sharedlock_v1_ForceReleaseResponse>;
  
  GetLock: grpc.handleUnaryCall<_sharedlock_v1_GetLockRequest__Output, _sharedlock_v1_Lock>;
  
  Hold: grpc.handleBidiStreamingCall<_sharedlock_v1_HoldRequest__Output, _sharedlock_v1_HoldResponse>;
  
  ListLocks: grpc.handleUnaryCall<_sharedlock_v1_ListLocksRequest__Output, _sharedlock_v1_ListLocksResponse>;
  
  Release: grpc.handleUnaryCall<_sharedlock_v1_ReleaseRequest__Output, _sharedlock_v1_ReleaseResponse>;
  
  WatchLock: grpc.handleServerStreamingCall<_sharedlock_v1_WatchLockRequest__Output, _sharedlock_v1_WatchLockResponse>;
  
}

export interface LockServiceDefinition extends grpc.ServiceDefinition {
  Acquire: MethodDefinition<_sharedlock_v1_AcquireRequest, _sharedlock_v1_AcquireResponse, _sharedlock_v1_AcquireRequest__Output, _sharedlock_v1_AcquireResponse__Output>
  CheckToken: MethodDefinition<_sharedlock_v1_CheckTokenRequest, _sharedlock_v1_CheckTokenResponse, _sharedlock_v1_CheckTokenRequest__Output, _sharedlock_v1_CheckTokenResponse__Output>
  ForceRelease: MethodDefinition<_sharedlock_v1_ForceReleaseRequest, _sharedlock_v1_ForceReleaseResponse, _sharedlock_v1_ForceReleaseRequest__Output, _sharedlock_v1_ForceReleaseResponse__Output>
  GetLock: MethodDefinition<_sharedlock_v1_GetLockRequest, _sharedlock_v1_Lock, _sharedlock_v1_GetLockRequest__Output, _sharedlock_v1_Lock__Output>
  Hold: MethodDefinition<_sharedlock_v1_HoldRequest, _sharedlock_v1_HoldResponse, _sharedlock_v1_HoldRequest__Output, _sharedlock_v1_HoldResponse__Output>
  ListLocks: MethodDefinition<_sharedlock_v1_ListLocksRequest, _sharedlock_v1_ListLocksResponse, _sharedlock_v1_ListLocksRequest__Output, _sharedlock_v1_ListLocksResponse__Output>
  Release: MethodDefinition<_sharedlock_v1_ReleaseRequest, _sharedlock_v1_ReleaseResponse, _sharedlock_v1_ReleaseRequest__Output, _sharedlock_v1_ReleaseResponse__Output>
  WatchLock: MethodDefinition<_sharedlock_v1_WatchLockRequest, _sharedlock_v1_WatchLockResponse, _sharedlock_v1_WatchLockRequest__Output, _sharedlock_v1_WatchLockResponse__Output>
}
