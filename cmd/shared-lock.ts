import { start } from '../src/cli/start.js';

// From the sources, as tests run it. What users run is made of launch.ts.
process.on('SIGUSR1', () => undefined);
await start(process.argv.slice(2), () => undefined);
