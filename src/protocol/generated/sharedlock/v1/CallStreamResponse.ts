// Original file: proto/sharedlock/v1/call.proto

import type { Welcome as _sharedlock_v1_Welcome, Welcome__Output as _sharedlock_v1_Welcome__Output } from '../../sharedlock/v1/Welcome.js';
import type { Answer as _sharedlock_v1_Answer, Answer__Output as _sharedlock_v1_Answer__Output } from '../../sharedlock/v1/Answer.js';

export interface CallStreamResponse {
  'welcome'?: (_sharedlock_v1_Welcome | null);
  'answers'?: (_sharedlock_v1_Answer)[];
  'goAway'?: (boolean);
}

export interface CallStreamResponse__Output {
  'welcome': (_sharedlock_v1_Welcome__Output | null);
  'answers': (_sharedlock_v1_Answer__Output)[];
  'goAway': (boolean);
}
