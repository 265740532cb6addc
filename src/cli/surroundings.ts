import type { Surroundings } from './client/client-command.js';

/** Also of the command that runs the daemon. */
export interface ProgramSurroundings extends Surroundings {
  /** Called once a daemon is ready. */
  readonly ready?: () => void;
}
