// Original file: proto/sharedlock/v1/call.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { CallStreamRequest as _sharedlock_v1_CallStreamRequest, CallStreamRequest__Output as _sharedlock_v1_CallStreamRequest__Output } from '../../sharedlock/v1/CallStreamRequest.js';
import type { CallStreamResponse as _sharedlock_v1_CallStreamResponse, CallStreamResponse__Output as _sharedlock_v1_CallStreamResponse__Output } from '../../sharedlock/v1/CallStreamResponse.js';

export interface CallServiceClient extends grpc.Client {
  CallStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sharedlock_v1_CallStreamRequest, _sharedlock_v1_CallStreamResponse__Output>;
  CallStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sharedlock_v1_CallStreamRequest, _sharedlock_v1_CallStreamResponse__Output>;
  callStream(metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientDuplexStream<_sharedlock_v1_CallStreamRequest, _sharedlock_v1_CallStreamResponse__Output>;
  callStream(options?: grpc.CallOptions): grpc.ClientDuplexStream<_sharedlock_v1_CallStreamRequest, _sharedlock_v1_CallStreamResponse__Output>;
  
}

export interface CallServiceHandlers extends grpc.UntypedServiceImplementation {
  CallStream: grpc.handleBidiStreamingCall<_sharedlock_v1_CallStreamRequest__Output, _sharedlock_v1_CallStreamResponse>;
  
}

export interface CallServiceDefinition extends grpc.ServiceDefinition {
  CallStream: MethodDefinition<_sharedlock_v1_CallStreamRequest, _sharedlock_v1_CallStreamResponse, _sharedlock_v1_CallStreamRequest__Output, _sharedlock_v1_CallStreamResponse__Output>
}
