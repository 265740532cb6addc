// Original file: proto/sharedlock/v1/counter.proto

import type { Counter as _sharedlock_v1_Counter, Counter__Output as _sharedlock_v1_Counter__Output } from '../../sharedlock/v1/Counter.js';

export interface ListCountersResponse {
  'counters'?: (_sharedlock_v1_Counter)[];
  'nextPageToken'?: (string);
}

export interface ListCountersResponse__Output {
  'counters': (_sharedlock_v1_Counter__Output)[];
  'nextPageToken': (string);
}
