// Original file: proto/sharedlock/v1/election.proto

import type * as grpc from '@grpc/grpc-js'
import type { MethodDefinition } from '@grpc/proto-loader'
import type { AmLeaderRequest as _sharedlock_v1_AmLeaderRequest, AmLeaderRequest__Output as _sharedlock_v1_AmLeaderRequest__Output } from '../../sharedlock/v1/AmLeaderRequest.js';
import type { AmLeaderResponse as _sharedlock_v1_AmLeaderResponse, AmLeaderResponse__Output as _sharedlock_v1_AmLeaderResponse__Output } from '../../sharedlock/v1/AmLeaderResponse.js';
import type { CampaignRequest as _sharedlock_v1_CampaignRequest, CampaignRequest__Output as _sharedlock_v1_CampaignRequest__Output } from '../../sharedlock/v1/CampaignRequest.js';
import type { CampaignResponse as _sharedlock_v1_CampaignResponse, CampaignResponse__Output as _sharedlock_v1_CampaignResponse__Output } from '../../sharedlock/v1/CampaignResponse.js';
import type { Election as _sharedlock_v1_Election, Election__Output as _sharedlock_v1_Election__Output } from '../../sharedlock/v1/Election.js';
import type { GetLeaderRequest as _sharedlock_v1_GetLeaderRequest, GetLeaderRequest__Output as _sharedlock_v1_GetLeaderRequest__Output } from '../../sharedlock/v1/GetLeaderRequest.js';
import type { ListElectionsRequest as _sharedlock_v1_ListElectionsRequest, ListElectionsRequest__Output as _sharedlock_v1_ListElectionsRequest__Output } from '../../sharedlock/v1/ListElectionsRequest.js';
import type { ListElectionsResponse as _sharedlock_v1_ListElectionsResponse, ListElectionsResponse__Output as _sharedlock_v1_ListElectionsResponse__Output } from '../../sharedlock/v1/ListElectionsResponse.js';
import type { ObserveRequest as _sharedlock_v1_ObserveRequest, ObserveRequest__Output as _sharedlock_v1_ObserveRequest__Output } from '../../sharedlock/v1/ObserveRequest.js';
import type { ObserveResponse as _sharedlock_v1_ObserveResponse, ObserveResponse__Output as _sharedlock_v1_ObserveResponse__Output } from '../../sharedlock/v1/ObserveResponse.js';
import type { ProclaimRequest as _sharedlock_v1_ProclaimRequest, ProclaimRequest__Output as _sharedlock_v1_ProclaimRequest__Output } from '../../sharedlock/v1/ProclaimRequest.js';
import type { ProclaimResponse as _sharedlock_v1_ProclaimResponse, ProclaimResponse__Output as _sharedlock_v1_ProclaimResponse__Output } from '../../sharedlock/v1/ProclaimResponse.js';
import type { ResignRequest as _sharedlock_v1_ResignRequest, ResignRequest__Output as _sharedlock_v1_ResignRequest__Output } from '../../sharedlock/v1/ResignRequest.js';
import type { ResignResponse as _sharedlock_v1_ResignResponse, ResignResponse__Output as _sharedlock_v1_ResignResponse__Output } from '../../sharedlock/v1/ResignResponse.js';
import type { UnseatRequest as _sharedlock_v1_UnseatRequest, UnseatRequest__Output as _sharedlock_v1_UnseatRequest__Output } from '../../sharedlock/v1/UnseatRequest.js';
import type { UnseatResponse as _sharedlock_v1_UnseatResponse, UnseatResponse__Output as _sharedlock_v1_UnseatResponse__Output } from '../../sharedlock/v1/UnseatResponse.js';

export interface ElectionServiceClient extends grpc.Client {
  AmLeader(argument: _sharedlock_v1_AmLeaderRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_AmLeaderResponse__Output>): grpc.ClientUnaryCall;
  AmLeader(argument: _sharedlock_v1_AmLeaderRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_AmLeaderResponse__Output>): grpc.ClientUnaryCall;
  AmLeader(argument: _sharedlock_v1_AmLeaderRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_AmLeaderResponse__Output>): grpc.ClientUnaryCall;
  AmLeader(argument: _sharedlock_v1_AmLeaderRequest, callback: grpc.requestCallback<_sharedlock_v1_AmLeaderResponse__Output>): grpc.ClientUnaryCall;
  amLeader(argument: _sharedlock_v1_AmLeaderRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_AmLeaderResponse__Output>): grpc.ClientUnaryCall;
  amLeader(argument: _sharedlock_v1_AmLeaderRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_AmLeaderResponse__Output>): grpc.ClientUnaryCall;
  amLeader(argument: _sharedlock_v1_AmLeaderRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_AmLeaderResponse__Output>): grpc.ClientUnaryCall;
  amLeader(argument: _sharedlock_v1_AmLeaderRequest, callback: grpc.requestCallback<_sharedlock_v1_AmLeaderResponse__Output>): grpc.ClientUnaryCall;
  
  Campaign(argument: _sharedlock_v1_CampaignRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_CampaignResponse__Output>): grpc.ClientUnaryCall;
  Campaign(argument: _sharedlock_v1_CampaignRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_CampaignResponse__Output>): grpc.ClientUnaryCall;
  Campaign(argument: _sharedlock_v1_CampaignRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_CampaignResponse__Output>): grpc.ClientUnaryCall;
  Campaign(argument: _sharedlock_v1_CampaignRequest, callback: grpc.requestCallback<_sharedlock_v1_CampaignResponse__Output>): grpc.ClientUnaryCall;
  campaign(argument: _sharedlock_v1_CampaignRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_CampaignResponse__Output>): grpc.ClientUnaryCall;
  campaign(argument: _sharedlock_v1_CampaignRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_CampaignResponse__Output>): grpc.ClientUnaryCall;
  campaign(argument: _sharedlock_v1_CampaignRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_CampaignResponse__Output>): grpc.ClientUnaryCall;
  campaign(argument: _sharedlock_v1_CampaignRequest, callback: grpc.requestCallback<_sharedlock_v1_CampaignResponse__Output>): grpc.ClientUnaryCall;
  
  GetLeader(argument: _sharedlock_v1_GetLeaderRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Election__Output>): grpc.ClientUnaryCall;
  GetLeader(argument: _sharedlock_v1_GetLeaderRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Election__Output>): grpc.ClientUnaryCall;
  GetLeader(argument: _sharedlock_v1_GetLeaderRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Election__Output>): grpc.ClientUnaryCall;
  GetLeader(argument: _sharedlock_v1_GetLeaderRequest, callback: grpc.requestCallback<_sharedlock_v1_Election__Output>): grpc.ClientUnaryCall;
  getLeader(argument: _sharedlock_v1_GetLeaderRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Election__Output>): grpc.ClientUnaryCall;
  getLeader(argument: _sharedlock_v1_GetLeaderRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_Election__Output>): grpc.ClientUnaryCall;
  getLeader(argument: _sharedlock_v1_GetLeaderRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_Election__Output>): grpc.ClientUnaryCall;
  getLeader(argument: _sharedlock_v1_GetLeaderRequest, callback: grpc.requestCallback<_sharedlock_v1_Election__Output>): grpc.ClientUnaryCall;
  
  ListElections(argument: _sharedlock_v1_ListElectionsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListElectionsResponse__Output>): grpc.ClientUnaryCall;
  ListElections(argument: _sharedlock_v1_ListElectionsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ListElectionsResponse__Output>): grpc.ClientUnaryCall;
  ListElections(argument: _sharedlock_v1_ListElectionsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListElectionsResponse__Output>): grpc.ClientUnaryCall;
  ListElections(argument: _sharedlock_v1_ListElectionsRequest, callback: grpc.requestCallback<_sharedlock_v1_ListElectionsResponse__Output>): grpc.ClientUnaryCall;
  listElections(argument: _sharedlock_v1_ListElectionsRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListElectionsResponse__Output>): grpc.ClientUnaryCall;
  listElections(argument: _sharedlock_v1_ListElectionsRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ListElectionsResponse__Output>): grpc.ClientUnaryCall;
  listElections(argument: _sharedlock_v1_ListElectionsRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ListElectionsResponse__Output>): grpc.ClientUnaryCall;
  listElections(argument: _sharedlock_v1_ListElectionsRequest, callback: grpc.requestCallback<_sharedlock_v1_ListElectionsResponse__Output>): grpc.ClientUnaryCall;
  
  Observe(argument: _sharedlock_v1_ObserveRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_ObserveResponse__Output>;
  Observe(argument: _sharedlock_v1_ObserveRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_ObserveResponse__Output>;
  observe(argument: _sharedlock_v1_ObserveRequest, metadata: grpc.Metadata, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_ObserveResponse__Output>;
  observe(argument: _sharedlock_v1_ObserveRequest, options?: grpc.CallOptions): grpc.ClientReadableStream<_sharedlock_v1_ObserveResponse__Output>;
  
  Proclaim(argument: _sharedlock_v1_ProclaimRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ProclaimResponse__Output>): grpc.ClientUnaryCall;
  Proclaim(argument: _sharedlock_v1_ProclaimRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ProclaimResponse__Output>): grpc.ClientUnaryCall;
  Proclaim(argument: _sharedlock_v1_ProclaimRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ProclaimResponse__Output>): grpc.ClientUnaryCall;
  Proclaim(argument: _sharedlock_v1_ProclaimRequest, callback: grpc.requestCallback<_sharedlock_v1_ProclaimResponse__Output>): grpc.ClientUnaryCall;
  proclaim(argument: _sharedlock_v1_ProclaimRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ProclaimResponse__Output>): grpc.ClientUnaryCall;
  proclaim(argument: _sharedlock_v1_ProclaimRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ProclaimResponse__Output>): grpc.ClientUnaryCall;
  proclaim(argument: _sharedlock_v1_ProclaimRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ProclaimResponse__Output>): grpc.ClientUnaryCall;
  proclaim(argument: _sharedlock_v1_ProclaimRequest, callback: grpc.requestCallback<_sharedlock_v1_ProclaimResponse__Output>): grpc.ClientUnaryCall;
  
  Resign(argument: _sharedlock_v1_ResignRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ResignResponse__Output>): grpc.ClientUnaryCall;
  Resign(argument: _sharedlock_v1_ResignRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ResignResponse__Output>): grpc.ClientUnaryCall;
  Resign(argument: _sharedlock_v1_ResignRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ResignResponse__Output>): grpc.ClientUnaryCall;
  Resign(argument: _sharedlock_v1_ResignRequest, callback: grpc.requestCallback<_sharedlock_v1_ResignResponse__Output>): grpc.ClientUnaryCall;
  resign(argument: _sharedlock_v1_ResignRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ResignResponse__Output>): grpc.ClientUnaryCall;
  resign(argument: _sharedlock_v1_ResignRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_ResignResponse__Output>): grpc.ClientUnaryCall;
  resign(argument: _sharedlock_v1_ResignRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_ResignResponse__Output>): grpc.ClientUnaryCall;
  resign(argument: _sharedlock_v1_ResignRequest, callback: grpc.requestCallback<_sharedlock_v1_ResignResponse__Output>): grpc.ClientUnaryCall;
  
  Unseat(argument: _sharedlock_v1_UnseatRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_UnseatResponse__Output>): grpc.ClientUnaryCall;
  Unseat(argument: _sharedlock_v1_UnseatRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_UnseatResponse__Output>): grpc.ClientUnaryCall;
  Unseat(argument: _sharedlock_v1_UnseatRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_UnseatResponse__Output>): grpc.ClientUnaryCall;
  Unseat(argument: _sharedlock_v1_UnseatRequest, callback: grpc.requestCallback<_sharedlock_v1_UnseatResponse__Output>): grpc.ClientUnaryCall;
  unseat(argument: _sharedlock_v1_UnseatRequest, metadata: grpc.Metadata, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_UnseatResponse__Output>): grpc.ClientUnaryCall;
  unseat(argument: _sharedlock_v1_UnseatRequest, metadata: grpc.Metadata, callback: grpc.requestCallback<_sharedlock_v1_UnseatResponse__Output>): grpc.ClientUnaryCall;
  unseat(argument: _sharedlock_v1_UnseatRequest, options: grpc.CallOptions, callback: grpc.requestCallback<_sharedlock_v1_UnseatResponse__Output>): grpc.ClientUnaryCall;
  unseat(argument: _sharedlock_v1_UnseatRequest, callback: grpc.requestCallback<_sharedlock_v1_UnseatResponse__Output>): grpc.ClientUnaryCall;
  
}

export interface ElectionServiceHandlers extends grpc.UntypedServiceImplementation {
  AmLeader: grpc.handleUnaryCall<_sharedlock_v1_AmLeaderRequest__Output, _sharedlock_v1_AmLeaderResponse>;
  
  Campaign: grpc.handleUnaryCall<_sharedlock_v1_CampaignRequest__Output, _sharedlock_v1_CampaignResponse>;
  
  GetLeader: grpc.handleUnaryCall<_sharedlock_v1_GetLeaderRequest__Output, _sharedlock_v1_Election>;
  
  ListElections: grpc.handleUnaryCall<_sharedlock_v1_ListElectionsRequest__Output, _sharedlock_v1_ListElectionsResponse>;
  
  Observe: grpc.handleServerStreamingCall<_sharedlock_v1_ObserveRequest__Output, _sharedlock_v1_ObserveResponse>;
  
  Proclaim: grpc.handleUnaryCall<_sharedlock_v1_ProclaimRequest__Output, _sharedlock_v1_ProclaimResponse>;
  
  Resign: grpc.handleUnaryCall<_sharedlock_v1_ResignRequest__Output, _sharedlock_v1_ResignResponse>;
  
  Unseat: grpc.handleUnaryCall<_sharedlock_v1_UnseatRequest__Output, _sharedlock_v1_UnseatResponse>;
  
}

export interface ElectionServiceDefinition extends grpc.ServiceDefinition {
  AmLeader: MethodDefinition<_sharedlock_v1_AmLeaderRequest, _sharedlock_v1_AmLeaderResponse, _sharedlock_v1_AmLeaderRequest__Output, _sharedlock_v1_AmLeaderResponse__Output>
  Campaign: MethodDefinition<_sharedlock_v1_CampaignRequest, _sharedlock_v1_CampaignResponse, _sharedlock_v1_CampaignRequest__Output, _sharedlock_v1_CampaignResponse__Output>
  GetLeader: MethodDefinition<_sharedlock_v1_GetLeaderRequest, _sharedlock_v1_Election, _sharedlock_v1_GetLeaderRequest__Output, _sharedlock_v1_Election__Output>
  ListElections: MethodDefinition<_sharedlock_v1_ListElectionsRequest, _sharedlock_v1_ListElectionsResponse, _sharedlock_v1_ListElectionsRequest__Output, _sharedlock_v1_ListElectionsResponse__Output>
  Observe: MethodDefinition<_sharedlock_v1_ObserveRequest, _sharedlock_v1_ObserveResponse, _sharedlock_v1_ObserveRequest__Output, _sharedlock_v1_ObserveResponse__Output>
  Proclaim: MethodDefinition<_sharedlock_v1_ProclaimRequest, _sharedlock_v1_ProclaimResponse, _sharedlock_v1_ProclaimRequest__Output, _sharedlock_v1_ProclaimResponse__Output>
  Resign: MethodDefinition<_sharedlock_v1_ResignRequest, _sharedlock_v1_ResignResponse, _sharedlock_v1_ResignRequest__Output, _sharedlock_v1_ResignResponse__Output>
  Unseat: MethodDefinition<_sharedlock_v1_UnseatRequest, _sharedlock_v1_UnseatResponse, _sharedlock_v1_UnseatRequest__Output, _sharedlock_v1_UnseatResponse__Output>
}
