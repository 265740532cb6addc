import { serveJobs } from '../workers/inside.js';
import { PolicyError, readPolicy } from './read-policy.js';
import type { PolicyRead } from './policy-reader.js';

// The program of the process that reads policies.
serveJobs(() => (text) => read(text as string));

function read(text: string): PolicyRead {
  try {
    return { policy: readPolicy(text) };
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    return { problems: error.problems };
  }
}
