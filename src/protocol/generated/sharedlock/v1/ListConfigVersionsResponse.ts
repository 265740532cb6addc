// Original file: proto/sharedlock/v1/config.proto

import type { ConfigVersion as _sharedlock_v1_ConfigVersion, ConfigVersion__Output as _sharedlock_v1_ConfigVersion__Output } from '../../sharedlock/v1/ConfigVersion.js';

export interface ListConfigVersionsResponse {
  'versions'?: (_sharedlock_v1_ConfigVersion)[];
  'nextPageToken'?: (string);
}

export interface ListConfigVersionsResponse__Output {
  'versions': (_sharedlock_v1_ConfigVersion__Output)[];
  'nextPageToken': (string);
}
