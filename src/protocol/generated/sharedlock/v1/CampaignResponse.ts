// Original file: proto/sharedlock/v1/election.proto

import type { Grant as _sharedlock_v1_Grant, Grant__Output as _sharedlock_v1_Grant__Output } from '../../sharedlock/v1/Grant.js';
import type { Leader as _sharedlock_v1_Leader, Leader__Output as _sharedlock_v1_Leader__Output } from '../../sharedlock/v1/Leader.js';

export interface CampaignResponse {
  'elected'?: (boolean);
  'grant'?: (_sharedlock_v1_Grant | null);
  'leader'?: (_sharedlock_v1_Leader | null);
}

export interface CampaignResponse__Output {
  'elected': (boolean);
  'grant': (_sharedlock_v1_Grant__Output | null);
  'leader': (_sharedlock_v1_Leader__Output | null);
}
