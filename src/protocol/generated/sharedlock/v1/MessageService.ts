// Original file: proto/sharedlock/v1/message.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { DeleteMessageRequest as _sharedlock_v1_DeleteMessageRequest, DeleteMessageRequest__Output as _sharedlock_v1_DeleteMessageRequest__Output } from '../../sharedlock/v1/DeleteMessageRequest.js';
import type { DeleteMessageResponse as _sharedlock_v1_DeleteMessageResponse, DeleteMessageResponse__Output as _sharedlock_v1_DeleteMessageResponse__Output } from '../../sharedlock/v1/DeleteMessageResponse.js';
import type { GetMessageRequest as _sharedlock_v1_GetMessageRequest, GetMessageRequest__Output as _sharedlock_v1_GetMessageRequest__Output } from '../../sharedlock/v1/GetMessageRequest.js';
import type { GetMessageResponse as _sharedlock_v1_GetMessageResponse, GetMessageResponse__Output as _sharedlock_v1_GetMessageResponse__Output } from '../../sharedlock/v1/GetMessageResponse.js';
import type { PutMessageRequest as _sharedlock_v1_PutMessageRequest, PutMessageRequest__Output as _sharedlock_v1_PutMessageRequest__Output } from '../../sharedlock/v1/PutMessageRequest.js';
import type { PutMessageResponse as _sharedlock_v1_PutMessageResponse, PutMessageResponse__Output as _sharedlock_v1_PutMessageResponse__Output } from '../../sharedlock/v1/PutMessageResponse.js';

export interface MessageServiceClient extends grpc.Client {
  DeleteMessage(argument: _sharedlock_v1_DeleteMessageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_DeleteMessageResponse__Output>): grpc.ClientUnaryCall;
  DeleteMessage(argument: _sharedlock_v1_DeleteMessageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_DeleteMessageResponse__Output>): grpc.ClientUnaryCall;
  DeleteMessage(argument: _sharedlock_v1_DeleteMessageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_DeleteMessageResponse__Output>): grpc.ClientUnaryCall;
  DeleteMessage(argument: _sharedlock_v1_DeleteMessageRequest, callback: grpc.requestCallback<_sharedlock_v1_DeleteMessageResponse__Output>): grpc.ClientUnaryCall;
  deleteMessage(argument: _sharedlock_v1_DeleteMessageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_DeleteMessageResponse__Output>): grpc.ClientUnaryCall;
  deleteMessage(argument: _sharedlock_v1_DeleteMessageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_DeleteMessageResponse__Output>): grpc.ClientUnaryCall;
  deleteMessage(argument: _sharedlock_v1_DeleteMessageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_DeleteMessageResponse__Output>): grpc.ClientUnaryCall;
  deleteMessage(argument: _sharedlock_v1_DeleteMessageRequest, callback: grpc.requestCallback<_sharedlock_v1_DeleteMessageResponse__Output>): grpc.ClientUnaryCall;
  
  GetMessage(argument: _sharedlock_v1_GetMessageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_GetMessageResponse__Output>): grpc.ClientUnaryCall;
  GetMessage(argument: _sharedlock_v1_GetMessageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_GetMessageResponse__Output>): grpc.ClientUnaryCall;
  GetMessage(argument: _sharedlock_v1_GetMessageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_GetMessageResponse__Output>): grpc.ClientUnaryCall;
  GetMessage(argument: _sharedlock_v1_GetMessageRequest, callback: grpc.requestCallback<_sharedlock_v1_GetMessageResponse__Output>): grpc.ClientUnaryCall;
  getMessage(argument: _sharedlock_v1_GetMessageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_GetMessageResponse__Output>): grpc.ClientUnaryCall;
  getMessage(argument: _sharedlock_v1_GetMessageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_GetMessageResponse__Output>): grpc.ClientUnaryCall;
  getMessage(argument: _sharedlock_v1_GetMessageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_GetMessageResponse__Output>): grpc.ClientUnaryCall;
  getMessage(argument: _sharedlock_v1_GetMessageRequest, callback: grpc.requestCallback<_sharedlock_v1_GetMessageResponse__Output>): grpc.ClientUnaryCall;
  
  PutMessage(argument: _sharedlock_v1_PutMessageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_PutMessageResponse__Output>): grpc.ClientUnaryCall;
  PutMessage(argument: _sharedlock_v1_PutMessageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_PutMessageResponse__Output>): grpc.ClientUnaryCall;
  PutMessage(argument: _sharedlock_v1_PutMessageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_PutMessageResponse__Output>): grpc.ClientUnaryCall;
  PutMessage(argument: _sharedlock_v1_PutMessageRequest, callback: grpc.requestCallback<_sharedlock_v1_PutMessageResponse__Output>): grpc.ClientUnaryCall;
  putMessage(argument: _sharedlock_v1_PutMessageRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_PutMessageResponse__Output>): grpc.ClientUnaryCall;
  putMessage(argument: _sharedlock_v1_PutMessageRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_PutMessageResponse__Output>): grpc.ClientUnaryCall;
  putMessage(argument: _sharedlock_v1_PutMessageRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_PutMessageResponse__Output>): grpc.ClientUnaryCall;
  putMessage(argument: _sharedlock_v1_PutMessageRequest, callback: grpc.requestCallback<_sharedlock_v1_PutMessageResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface MessageServiceHandlers extends grpc.UntypedServiceImplementation {
  DeleteMessage: grpc.handleUnaryCall<_sharedlock_v1_DeleteMessageRequest__Output, _sharedlock_v1_DeleteMessageResponse>;
  
  GetMessage: grpc.handleUnaryCall<_sharedlock_v1_GetMessageRequest__Output, _sharedlock_v1_GetMessageResponse>;
  
  PutMessage: grpc.handleUnaryCall<_sharedlock_v1_PutMessageRequest__Output, _sharedlock_v1_PutMessageResponse>;
  
}

export interface MessageServiceDefinition extends grpc.ServiceDefinition {
  DeleteMessage: MethodDefinition<_sharedlock_v1_DeleteMessageRequest, _sharedlock_v1_DeleteMessageResponse, _sharedlock_v1_DeleteMessageRequest__Output, _sharedlock_v1_DeleteMessageResponse__Output>
  GetMessage: MethodDefinition<_sharedlock_v1_GetMessageRequest, _sharedlock_v1_GetMessageResponse, _sharedlock_v1_GetMessageRequest__Output, _sharedlock_v1_GetMessageResponse__Output>
  PutMessage: MethodDefinition<_sharedlock_v1_PutMessageRequest, _sharedlock_v1_PutMessageResponse, _sharedlock_v1_PutMessageRequest__Output, _sharedlock_v1_PutMessageResponse__Output>
}
