// Original file: proto/sharedlock/v1/election.proto

import type { Election as _sharedlock_v1_Election, Election__Output as _sharedlock_v1_Election__Output } from '../../sharedlock/v1/Election.js';

export interface ListElectionsResponse {
  'elections'?: (_sharedlock_v1_Election)[];
  'nextPageToken'?: (string);
}

export interface ListElectionsResponse__Output {
  'elections': (_sharedlock_v1_Election__Output)[];
  'nextPageToken': (string);
}
