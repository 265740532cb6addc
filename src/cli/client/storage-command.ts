import { Command } from 'commander';
import { EXIT } from '../../core/exit-codes.js';
import type { Config } from '../../config/config.js';
import { visible } from '../../core/visible.js';
import { addOutputFlag } from '../output/printer.js';
import type { OutputFlags } from '../output/printer.js';
import { helpAfter } from './help.js';
import type { Surroundings } from './client-command.js';

interface Flags extends OutputFlags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly replace?: boolean;
}

/** Shows what a command did: a text for people, or all of it as JSON. */
type Print = (result: object, text: string) => void;

/** A command on the files of the embedded storage: on this machine, by the configuration of its daemon. */
export function storageCommand(
  { terminal, finish }: Surroundings,
  spec: {
    readonly name: string;
    readonly description: string;
    readonly notes: string;
    readonly examples: readonly (readonly [string, string])[];
    readonly run: (config: Config, file: string, flags: Flags, print: Print) => Promise<void>;
  },
): Command {
  const command = new Command(spec.name)
    .description(spec.description)
    .argument('<file>', 'the backup')
    .option('--data-dir <folder>', 'where the embedded storage keeps its data')
    .option('--config <file>', 'JSON file with settings, as of serve');
  return addOutputFlag(command)
    .addHelpText('after', helpAfter({ notes: spec.notes, examples: spec.examples }))
    .action(async (file: string, flags: Flags) => {
      const { loadConfig } = await import('../../config/load.js');
      const { processSurroundings } = await import('../../config/surroundings.js');
      const { config } = loadConfig({
        flags:
          flags.dataDir === undefined ? {} : { storage: 'embedded', 'data-dir': flags.dataDir },
        file: flags.config,
        surroundings: processSurroundings(),
      });
      const print: Print = (result, text) => {
        const json = (): string => `${visible(JSON.stringify(result))}\n`;
        terminal.out(flags.output === 'json' ? json() : text);
      };
      try {
        await spec.run(config, file, flags, print);
        finish(EXIT.ok);
      } catch (error) {
        if (!isForeseen(error)) throw error;
        terminal.err(`shared-lock: ${error.message}\n`);
        finish(error.exitCode);
      }
    });
}

/** A StartError, told by its form: its class comes with the daemon, which not every command loads. */
function isForeseen(error: unknown): error is Error & { readonly exitCode: number } {
  return error instanceof Error && error.name === 'StartError' && 'exitCode' in error;
}
