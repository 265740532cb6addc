// Original file: proto/sharedlock/v1/config.proto

import type { Config as _sharedlock_v1_Config, Config__Output as _sharedlock_v1_Config__Output } from '../../sharedlock/v1/Config.js';

export interface ListConfigsResponse {
  'configs'?: (_sharedlock_v1_Config)[];
  'nextPageToken'?: (string);
  'total'?: (number);
}

export interface ListConfigsResponse__Output {
  'configs': (_sharedlock_v1_Config__Output)[];
  'nextPageToken': (string);
  'total': (number);
}
