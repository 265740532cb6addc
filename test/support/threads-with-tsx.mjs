// Preloaded beside tsx, which teaches TypeScript to the main thread only: so that a worker thread of the sources runs too.
import { isMainThread } from 'node:worker_threads';
import { register } from 'tsx/esm/api';

if (!isMainThread) register();
