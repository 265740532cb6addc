// Original file: proto/sharedlock/v1/election.proto

import type { Leader as _sharedlock_v1_Leader, Leader__Output as _sharedlock_v1_Leader__Output } from '../../sharedlock/v1/Leader.js';
import type { Candidate as _sharedlock_v1_Candidate, Candidate__Output as _sharedlock_v1_Candidate__Output } from '../../sharedlock/v1/Candidate.js';
import type { Long } from '@grpc/proto-loader';

export interface Election {
  'name'?: (string);
  'leader'?: (_sharedlock_v1_Leader | null);
  'candidates'?: (_sharedlock_v1_Candidate)[];
  'candidateCount'?: (number);
  'revision'?: (number | string | Long);
}

export interface Election__Output {
  'name': (string);
  'leader': (_sharedlock_v1_Leader__Output | null);
  'candidates': (_sharedlock_v1_Candidate__Output)[];
  'candidateCount': (number);
  'revision': (string);
}
