/// <reference lib="esnext.disposable" preserve="true" />

/** The client library: `connect` is where it begins. */
export { connect } from './client/client.js';
export type { Client } from './client/client.js';
export type {
  Config,
  ConfigChange,
  Configs,
  CreateConfigOptions,
  DeleteConfigOptions,
  GetConfigOptions,
  ListConfigsOptions,
  PutConfigOptions,
  WatchConfigsOptions,
  WriteConfigOptions,
} from './client/configs.js';
export type {
  AddOptions,
  Counter,
  SetCounterOptions,
  WriteCounterOptions,
} from './client/counter.js';
export type {
  CampaignOnceOptions,
  Election,
  ResignOptions,
  UnseatOptions,
} from './client/elections/election.js';
export type { CampaignOptions } from './client/elections/election-claim.js';
export type { Leadership } from './client/elections/leadership.js';
export {
  LeaseLostError,
  LockLostError,
  NotAcquiredError,
  SharedLockError,
} from './client/errors.js';
export type { FencedBy } from './client/fence.js';
export type { LeaseEvent } from './client/convert/lease-event.js';
export type { HoldState, LeaseStatus } from './client/locks/held-lease.js';
export type { Lease } from './client/locks/lease.js';
export type { Leases, ListLeasesOptions } from './client/locks/leases-api.js';
export type { Lock } from './client/locks/lock.js';
export type {
  AcquireOnceOptions,
  ForceReleaseOptions,
  ListLocksOptions,
  Locks,
  ReleaseOptions,
  WatchOptions,
} from './client/locks/locks-api.js';
export type { RawGrant, Tried } from './client/locks/requests.js';
export type { LockContext } from './client/locks/with-lock.js';
export type { Messages } from './client/messages.js';
export type { Identity } from './client/who-am-i.js';
export type {
  AcquireOptions,
  CallOptions,
  ClientOptions,
  HolderOptions,
  ListOptions,
  TlsOptions,
} from './client/options.js';
export type {
  Counter as CounterState,
  CounterChange,
  CounterEvent,
  DeleteCounterOutcome,
} from './core/counter.js';
export type { ConfigMeta, ConfigVersion, Consistency, PatchType } from './core/config-document.js';
export type {
  Candidate,
  Election as ElectionState,
  ElectionEvent,
  Leader,
  Term,
} from './core/election.js';
export type { FaultCode } from './core/errors.js';
export type { Labels } from './core/labels.js';
export type { HeldLock, LeasePage, LeaseView } from './core/lease.js';
export type { LossCause } from './core/lease-state.js';
export type {
  FencingToken,
  ForceReleaseOutcome,
  HoldEnd,
  Holder,
  LockEvent,
  LockMode,
  LockPage,
  LockState,
  TokenCheck,
  Waiter,
} from './core/lock.js';
