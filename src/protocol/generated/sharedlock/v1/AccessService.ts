// Original file: proto/sharedlock/v1/access.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { WhoAmIRequest as _sharedlock_v1_WhoAmIRequest, WhoAmIRequest__Output as _sharedlock_v1_WhoAmIRequest__Output } from '../../sharedlock/v1/WhoAmIRequest.js';
import type { WhoAmIResponse as _sharedlock_v1_WhoAmIResponse, WhoAmIResponse__Output as _sharedlock_v1_WhoAmIResponse__Output } from '../../sharedlock/v1/WhoAmIResponse.js';

export interface AccessServiceClient extends grpc.Client {
  WhoAmI(argument: _sharedlock_v1_WhoAmIRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  WhoAmI(argument: _sharedlock_v1_WhoAmIRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  WhoAmI(argument: _sharedlock_v1_WhoAmIRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  WhoAmI(argument: _sharedlock_v1_WhoAmIRequest, callback: grpc.requestCallback<_sharedlock_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  whoAmI(argument: _sharedlock_v1_WhoAmIRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  whoAmI(argument: _sharedlock_v1_WhoAmIRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  whoAmI(argument: _sharedlock_v1_WhoAmIRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  whoAmI(argument: _sharedlock_v1_WhoAmIRequest, callback: grpc.requestCallback<_sharedlock_v1_WhoAmIResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface AccessServiceHandlers extends grpc.UntypedServiceImplementation {
  WhoAmI: grpc.handleUnaryCall<_sharedlock_v1_WhoAmIRequest__Output, _sharedlock_v1_WhoAmIResponse>;
  
}

export interface AccessServiceDefinition extends grpc.ServiceDefinition {
  WhoAmI: MethodDefinition<_sharedlock_v1_WhoAmIRequest, _sharedlock_v1_WhoAmIResponse, _sharedlock_v1_WhoAmIRequest__Output, _sharedlock_v1_WhoAmIResponse__Output>
}
