import { ConfigError } from './config.js';
import { daemonVariables, unknownVariables } from './environment.js';
import type { Environment } from './environment.js';

/**
 * Refuses misspelled variables, for programs that don't read the daemon's configuration.
 * @throws ConfigError with a line for each.
 */
export async function checkEnvironment(env: Environment): Promise<void> {
  // Most have none to look at, and need not load what the daemon knows.
  if (daemonVariables(env).length === 0) return;
  const { flatten } = await import('./setting.js');
  const { SETTINGS } = await import('./settings.js');
  const problems = unknownVariables(
    env,
    flatten(SETTINGS).map(({ setting }) => setting.env),
  );
  if (problems.length > 0) throw new ConfigError(problems);
}
