// Original file: proto/sharedlock/v1/lease.proto

import type { Lease as _sharedlock_v1_Lease, Lease__Output as _sharedlock_v1_Lease__Output } from '../../sharedlock/v1/Lease.js';

export interface ListLeasesResponse {
  'leases'?: (_sharedlock_v1_Lease)[];
  'nextPageToken'?: (string);
}

export interface ListLeasesResponse__Output {
  'leases': (_sharedlock_v1_Lease__Output)[];
  'nextPageToken': (string);
}
