import type { Flood } from '../flood.js';
import { cancelledCalls, leavers, silentStreams, unendingMessages } from './grpc.js';
import { hostileJson } from './hostile-json.js';
import { churn, contestedLists, deafWatchers, pipelinedLists, silence, trickle } from './http.js';
import { manyLeases, renewalsOfNothing } from './leases.js';
import { unreadLists } from './lists-unread.js';
import { messages } from './storage.js';

export const FLOODS = {
  pipelinedLists,
  unreadLists,
  hostileJson,
  contestedLists,
  deafWatchers,
  leavers,
  silence,
  silentStreams,
  unendingMessages,
  renewalsOfNothing,
  manyLeases,
  messages,
  trickle,
  churn,
  cancelledCalls,
} satisfies Record<string, Flood>;

export type FloodName = keyof typeof FLOODS;
