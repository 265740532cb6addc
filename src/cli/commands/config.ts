import { Argument, Option } from 'commander';
import type { Command } from 'commander';
import type { Config, Configs, WriteConfigOptions } from '../../client/configs.js';
import type { FencedBy } from '../../client/fence.js';
import { clientCommand, commandGroup } from '../client/client-command.js';
import type { ClientCommand, Session, Surroundings } from '../client/client-command.js';
import { FLAGS, natural } from '../client/flags.js';
import { fileOption, inputText } from '../client/inputs.js';
import { NameArgument } from '../completion/name-argument.js';
import { CONFIG_COLUMNS, configEventLine, VERSION_COLUMNS } from '../output/configs.js';

const NAMESPACE = (): Argument => new Argument('<namespace>', 'where it is, e.g. an application');
const NAME = (): Argument => new NameArgument('config', '<name>', "the document's name");
const DOCUMENT = (what: string): Argument =>
  new Argument('[document]', `${what}; - for standard input`);
const IF_MATCH = (): Option =>
  new Option('--if-match <etag>', 'only if it has this ETag now, as "config get -o json" shows it');
const SCHEMA = (): Option =>
  new Option(
    '--schema <file>',
    'a JSON Schema that every version must satisfy; - for standard input',
  );

interface WriteFlags {
  readonly ifMatch?: string;
  readonly fence?: FencedBy;
}

interface DocumentFlags extends WriteFlags {
  readonly file?: string;
  readonly schema?: string;
}

export function configCommand(surroundings: Surroundings): Command {
  const parts = [create, get, put, patch, remove, enable, disable, history, rollback, list, watch];
  return commandGroup(
    'config',
    'JSON documents with versions.',
    parts.map((part) => part(surroundings)),
  );
}

/** A command on one document, that a condition may hold back. */
function writeCommand<Options extends WriteFlags>(
  surroundings: Surroundings,
  spec: Omit<ClientCommand<Options>, 'run'>,
  write: (
    configs: Configs,
    request: {
      readonly name: string;
      /** The third argument. */
      readonly rest: string | undefined;
      readonly flags: Options;
      readonly options: WriteConfigOptions;
    },
  ) => Promise<Config>,
): Command {
  return clientCommand<Options>(surroundings, {
    ...spec,
    arguments: [NAMESPACE(), NAME(), ...(spec.arguments ?? [])],
    options: [...(spec.options ?? []), FLAGS.fence()],
    run: async ({ client, print, tell, signal }, [namespace = '', name = '', rest], flags) => {
      const configs = client.configs(namespace);
      const options = { signal, ...conditions(flags) };
      const config = await write(configs, { name, rest, flags, options });
      print.result('');
      const state = config.enabled ? 'enabled' : 'disabled';
      tell(`${namespace}/${name} is at version ${config.version}, ${state}, ETag ${config.etag}`);
    },
  });
}

function create(surroundings: Surroundings): Command {
  return writeCommand<DocumentFlags>(
    surroundings,
    {
      name: 'create',
      answer: 'ConfigService/CreateConfig',
      description: 'Create a document, version 0. Exit code 1 if there is one.',
      arguments: [DOCUMENT('JSON text')],
      options: [fileOption(), SCHEMA()],
      examples: [
        [`config create shop limits '{"carts":100}'`, 'from an argument'],
        ['config create shop limits --file limits.json --schema schema.json', 'from files'],
      ],
    },
    async (configs, { name, rest, flags, options }) => {
      const document = await inputText('document', rest, flags.file);
      return configs.create(name, document, { ...options, ...(await schemaOf(flags)) });
    },
  );
}

function put(surroundings: Surroundings): Command {
  return writeCommand<DocumentFlags>(
    surroundings,
    {
      name: 'put',
      answer: 'ConfigService/PutConfig',
      description: 'Write the next version of a document; create it if there is none.',
      arguments: [DOCUMENT('JSON text')],
      options: [fileOption(), SCHEMA(), IF_MATCH()],
      examples: [
        ['config put shop limits - < limits.json', 'from standard input'],
        [`config put shop limits --if-match '"42"' '{"carts":9}'`, 'only if nobody changed it'],
      ],
    },
    async (configs, { name, rest, flags, options }) => {
      const document = await inputText('document', rest, flags.file);
      return configs.put(name, document, { ...options, ...(await schemaOf(flags)) });
    },
  );
}

function patch(surroundings: Surroundings): Command {
  return writeCommand<DocumentFlags & { readonly jsonPatch?: boolean }>(
    surroundings,
    {
      name: 'patch',
      answer: 'ConfigService/PatchConfig',
      description: 'Apply a patch to the latest version, which makes the next one.',
      arguments: [DOCUMENT('a merge patch (RFC 7396)')],
      options: [
        fileOption(),
        new Option('--json-patch', 'it is a JSON Patch (RFC 6902) instead'),
        IF_MATCH(),
      ],
      examples: [
        [`config patch shop limits '{"carts":null}'`, 'removes a member'],
        [
          `config patch shop limits --json-patch '[{"op":"test","path":"/carts","value":9}]'`,
          'a JSON Patch',
        ],
      ],
    },
    async (configs, { name, rest, flags, options }) => {
      const text = await inputText('patch', rest, flags.file);
      const type = flags.jsonPatch === true ? 'JSON_PATCH' : 'MERGE_PATCH';
      return configs.patch(name, text, type, options);
    },
  );
}

function enable(surroundings: Surroundings): Command {
  return mark(surroundings, true);
}

function disable(surroundings: Surroundings): Command {
  return mark(surroundings, false);
}

function mark(surroundings: Surroundings, enabled: boolean): Command {
  const name = enabled ? 'enable' : 'disable';
  return writeCommand<WriteFlags>(
    surroundings,
    {
      name,
      answer: 'ConfigService/SetConfigEnabled',
      description: enabled
        ? 'Mark a document as enabled, for its readers. It can not be deleted then.'
        : 'Mark a document as disabled, for its readers. It can be deleted then.',
      options: [IF_MATCH()],
      examples: [[`config ${name} shop limits`, 'no new version']],
    },
    (configs, { name: document, options }) => configs.setEnabled(document, enabled, options),
  );
}

function rollback(surroundings: Surroundings): Command {
  return writeCommand<WriteFlags>(
    surroundings,
    {
      name: 'rollback',
      answer: 'ConfigService/RollbackConfig',
      description: 'Make an older version the next one.',
      arguments: [new Argument('<version>', 'the version to go back to').argParser(natural)],
      options: [IF_MATCH()],
      examples: [['config rollback shop limits 3', 'a new version with the text of version 3']],
    },
    (configs, { name, rest, options }) => configs.rollback(name, Number(rest), options),
  );
}

function get(surroundings: Surroundings): Command {
  return clientCommand<{ readonly version?: number; readonly cached?: boolean }>(surroundings, {
    name: 'get',
    answer: 'ConfigService/GetConfig',
    description: 'Print a document as it was written. Exit code 1 if there is none.',
    arguments: [NAMESPACE(), NAME()],
    options: [
      new Option('--version <version>', 'not the latest, but this one').argParser(natural),
      new Option('--cached', "from the daemon's memory: faster, and may be a moment old"),
    ],
    examples: [
      ['config get shop limits', 'the document'],
      ['config get shop limits --version 3 -o json', 'with version, ETag and times'],
    ],
    run: async ({ client, print, signal }, [namespace = '', name = ''], { version, cached }) => {
      const config = await client.configs(namespace).get(name, {
        ...{ signal, consistency: cached === true ? 'CACHED' : 'LINEARIZABLE' },
        ...(version === undefined ? {} : { version }),
      });
      print.result(`${config.document}\n`);
    },
  });
}

function remove(surroundings: Surroundings): Command {
  return clientCommand<WriteFlags & { readonly force?: boolean }>(surroundings, {
    name: 'delete',
    answer: 'ConfigService/DeleteConfig',
    description: 'Delete a disabled document with all its versions.',
    arguments: [NAMESPACE(), NAME()],
    options: [new Option('--force', 'also if it is enabled'), IF_MATCH(), FLAGS.fence()],
    examples: [['config delete shop limits', 'after "config disable"']],
    run: async ({ client, print, tell, signal }, [namespace = '', name = ''], flags) => {
      const { force = false } = flags;
      await client.configs(namespace).delete(name, { signal, force, ...conditions(flags) });
      print.result('');
      tell(`${namespace}/${name} is deleted`);
    },
  });
}

function history(surroundings: Surroundings): Command {
  return clientCommand<object>(surroundings, {
    name: 'history',
    answer: 'ConfigService/ListConfigVersions',
    description: 'List the versions of a document that are kept, newest first.',
    arguments: [NAMESPACE(), NAME()],
    examples: [['config history shop limits', '"config get --version" shows one']],
    run: ({ client, print, signal }, [namespace = '', name = '']) =>
      print.list(client.configs(namespace).versions(name, { signal }), VERSION_COLUMNS),
  });
}

function list(surroundings: Surroundings): Command {
  return clientCommand<{ readonly prefix?: string }>(surroundings, {
    name: 'list',
    answer: 'ConfigService/ListConfigs',
    description: 'List the documents of a namespace, without their text.',
    arguments: [NAMESPACE()],
    options: [FLAGS.prefix()],
    examples: [['config list shop', 'names, versions and marks']],
    run: ({ client, print, signal }, [namespace = ''], { prefix = '' }) =>
      print.list(client.configs(namespace).list({ prefix, signal }), CONFIG_COLUMNS),
  });
}

interface WatchFlags {
  readonly name?: string;
  readonly prefix?: string;
  readonly from?: number;
}

function watch(surroundings: Surroundings): Command {
  return clientCommand<WatchFlags>(surroundings, {
    name: 'watch',
    answer: 'ConfigService/WatchConfigs',
    description: 'Show the documents of a namespace and their changes, until it is ended (Ctrl-C).',
    arguments: [NAMESPACE()],
    options: [
      new Option('--name <name>', 'only this document').conflicts('prefix'),
      FLAGS.prefix(),
      FLAGS.fromRevision(),
    ],
    examples: [
      ['config watch shop', 'first the documents, then SYNCED, then every change'],
      ['config watch shop --name limits -o json', 'one document; a line of JSON an event'],
    ],
    run: (session, [namespace = ''], flags) => runWatch(session, namespace, flags),
  });
}

async function runWatch(session: Session, namespace: string, flags: WatchFlags): Promise<void> {
  const { client, print, signal } = session;
  const { name, prefix, from = 0 } = flags;
  const changes = client.configs(namespace).watch({
    ...{ signal, fromRevision: from },
    ...(name === undefined ? {} : { name }),
    ...(prefix === undefined ? {} : { prefix }),
  });
  for await (const change of changes) print.event(configEventLine(change));
  signal.throwIfAborted();
}

function conditions({ ifMatch, fence }: WriteFlags): WriteFlags {
  return {
    ...(ifMatch === undefined ? {} : { ifMatch }),
    ...(fence === undefined ? {} : { fence }),
  };
}

async function schemaOf({ schema }: DocumentFlags): Promise<{ readonly schema?: string }> {
  if (schema === undefined) return {};
  const isStdin = schema === '-';
  return {
    schema: await inputText('schema', isStdin ? '-' : undefined, isStdin ? undefined : schema),
  };
}
