import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import type { FencedBy } from '../../client/fence.js';
import type { CounterChange, Counter } from '../../core/counter.js';
import { EXIT } from '../../core/exit-codes.js';
import { clientCommand, commandGroup } from '../client/client-command.js';
import type { Session, Surroundings } from '../client/client-command.js';
import { FLAGS, int64 } from '../client/flags.js';
import { NameArgument } from '../completion/name-argument.js';
import { visible } from '../../core/visible.js';
import type { Column } from '../output/table.js';

const NAME = (): Argument => new NameArgument('counter', '<name>', "the counter's name");
const EXPECTED = (): Option =>
  new Option('--expected <value>', 'only if it has this value now').argParser(int64);

interface WriteFlags {
  readonly expected?: bigint;
  readonly fence?: FencedBy;
}

const COLUMNS: readonly Column<Counter>[] = [
  { title: 'NAME', of: ({ name }) => name },
  { title: 'VALUE', of: ({ value }) => String(value) },
  { title: 'REVISION', of: ({ revision }) => String(revision) },
];

export function counterCommand(surroundings: Surroundings): Command {
  return commandGroup('counter', 'Read and change counters: whole numbers of 64 bits.', [
    get(surroundings),
    add(surroundings),
    set(surroundings),
    remove(surroundings),
    list(surroundings),
    watch(surroundings),
  ]);
}

function get(surroundings: Surroundings): Command {
  return clientCommand<object>(surroundings, {
    name: 'get',
    answer: 'CounterService/GetCounter',
    description: 'Print the value of a counter: 0 before the first write.',
    arguments: [NAME()],
    examples: [['counter get visits', 'prints a number']],
    run: async ({ client, print, signal }, [name = '']) => {
      const value = await client.counter(name).get({ signal });
      print.result(`${value}\n`);
    },
  });
}

interface AddFlags extends WriteFlags {
  readonly min?: bigint;
  readonly max?: bigint;
}

function add(surroundings: Surroundings): Command {
  return clientCommand<AddFlags>(surroundings, {
    name: 'add',
    answer: 'CounterService/Add',
    description: 'Add to a counter, and print its new value. Exit code 1 beyond the bounds.',
    arguments: [NAME(), new Argument('[delta]', 'what to add').argParser(int64).default('1', '1')],
    options: [
      new Option('--min <value>', 'the result must be at least this').argParser(int64),
      new Option('--max <value>', 'the result must be at most this').argParser(int64),
      FLAGS.fence(),
    ],
    notes: 'Put -- before a negative number: it looks like a flag.',
    examples: [
      ['counter add visits', 'one more'],
      ['counter add --min 0 stock -- -3', 'take three, if there are three'],
      ['counter add runs --fence "report:$SHARED_LOCK_FENCING_TOKEN"', 'inside "shared-lock run"'],
    ],
    run: async ({ client, print, signal }, [name = '', delta = '1'], { min, max, fence }) => {
      const change = await client.counter(name).add(int64(delta), {
        signal,
        ...(min === undefined ? {} : { min }),
        ...(max === undefined ? {} : { max }),
        ...(fence === undefined ? {} : { fence }),
      });
      printChange(print, change);
    },
  });
}

function set(surroundings: Surroundings): Command {
  return clientCommand<WriteFlags>(surroundings, {
    name: 'set',
    answer: 'CounterService/SetCounter',
    description:
      'Set a counter, and print its new value. Exit code 1 if it has not the --expected one.',
    arguments: [NAME(), new Argument('<value>', 'the new value').argParser(int64)],
    options: [EXPECTED(), FLAGS.fence()],
    notes: 'Put -- before a negative number: it looks like a flag.',
    examples: [
      ['counter set visits 0', 'whatever it had'],
      ['counter set turn 2 --expected 1', 'compare and set'],
    ],
    run: async ({ client, print, signal }, [name = '', value = ''], flags) => {
      const options = { signal, ...conditions(flags) };
      printChange(print, await client.counter(name).set(int64(value), options));
    },
  });
}

function remove(surroundings: Surroundings): Command {
  return clientCommand<WriteFlags>(surroundings, {
    name: 'delete',
    answer: 'CounterService/DeleteCounter',
    description: 'Delete a counter: it is 0 again. Exit code 1 if there was none.',
    arguments: [NAME()],
    options: [EXPECTED(), FLAGS.fence()],
    examples: [['counter delete visits', 'prints its last value']],
    run: async ({ client, print, tell, signal }, [name = ''], flags) => {
      const outcome = await client.counter(name).delete({ signal, ...conditions(flags) });
      print.result(outcome.deleted ? `${outcome.previous}\n` : '');
      if (outcome.deleted) return EXIT.ok;
      tell(`there is no counter ${JSON.stringify(name)}`);
      return EXIT.no;
    },
  });
}

function list(surroundings: Surroundings): Command {
  return clientCommand<{ readonly prefix?: string }>(surroundings, {
    name: 'list',
    answer: 'CounterService/ListCounters',
    description: 'List the counters that were written, by name.',
    options: [FLAGS.prefix()],
    examples: [['counter list --prefix shop/', 'some of them']],
    run: ({ client, print, signal }, _, { prefix = '' }) =>
      print.list(client.counters({ prefix, signal }), COLUMNS),
  });
}

function watch(surroundings: Surroundings): Command {
  return clientCommand<{ readonly from?: number }>(surroundings, {
    name: 'watch',
    answer: 'CounterService/WatchCounter',
    description: 'Print the value of a counter whenever it changes, until it is ended (Ctrl-C).',
    arguments: [NAME()],
    options: [FLAGS.fromRevision()],
    examples: [['counter watch visits -o json', 'each change as one line of JSON']],
    run: async ({ client, print, signal }, [name = ''], { from = 0 }) => {
      for await (const counter of client.counter(name).watch({ signal, fromRevision: from })) {
        const missed = counter.resync === true ? '  RESYNC' : '';
        print.event(visible(`${counter.revision}  ${counter.value}${missed}`));
      }
      signal.throwIfAborted();
    },
  });
}

function conditions({ expected, fence }: WriteFlags): WriteFlags {
  return {
    ...(expected === undefined ? {} : { expected }),
    ...(fence === undefined ? {} : { fence }),
  };
}

function printChange(print: Session['print'], { value }: CounterChange): void {
  print.result(`${value}\n`);
}
