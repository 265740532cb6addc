import { Option } from 'commander';
import type { Argument, Command } from 'commander';
import { formatDuration } from '../../core/duration.js';
import { EXIT } from '../../core/exit-codes.js';
import { clientCommand, commandGroup } from '../client/client-command.js';
import type { Session, Surroundings } from '../client/client-command.js';
import { FLAGS, positive, waitMs } from '../client/flags.js';
import { LEASE_NOTES, leaseOption, optionalLease, requiredLease } from '../client/inputs.js';
import { NameArgument } from '../completion/name-argument.js';
import { electionRunCommand } from './election-run.js';
import { CANDIDATE_COLUMNS, ELECTION_COLUMNS, electionEventLine } from '../output/elections.js';
import { heldBy } from '../output/locks.js';
import { renderTable } from '../output/table.js';

const NAME = (): Argument => new NameArgument('election', '<name>', "the election's name");

export function electionCommand(surroundings: Surroundings): Command {
  return commandGroup('election', 'Stand for election, resign, and see who leads.', [
    electionRunCommand(surroundings),
    campaign(surroundings),
    leader(surroundings),
    observe(surroundings),
    resign(surroundings),
    list(surroundings),
  ]);
}

interface CampaignFlags {
  readonly wait: number;
  readonly ttl?: number;
  readonly lease?: string;
  readonly candidate?: string;
  readonly value?: string;
  readonly label?: Readonly<Record<string, string>>;
}

function campaign(surroundings: Surroundings): Command {
  return clientCommand<CampaignFlags>(surroundings, {
    name: 'campaign',
    answer: 'ElectionService/Campaign',
    description:
      'Stand for election, and print the lease of the term. Exit code 75 if somebody else leads.',
    arguments: [NAME()],
    options: [
      new Option('--wait <duration>', 'wait so long to be elected, at most 1h')
        .argParser(waitMs)
        .default(0, '0: answer at once'),
      new Option('--candidate <text>', 'who stands, for all to see (default: user@host:pid)'),
      FLAGS.ttl(),
      leaseOption('a lease that shall lead, instead of one of its own'),
      FLAGS.value(),
      FLAGS.labels(),
    ],
    notes:
      'To lead as long as a command runs, use "shared-lock election run". Here nobody renews the term: it is over\n' +
      `with its TTL, unless "shared-lock lease keepalive" renews its lease.\n${LEASE_NOTES}`,
    examples: [
      ['election campaign scheduler --candidate "$HOSTNAME" --ttl 1m', 'try to lead for a minute'],
      [
        'election campaign scheduler --wait 1h --value 10.0.0.7:8080',
        'wait, and publish an address',
      ],
    ],
    run: (session, [name = ''], flags) => runCampaign(session, name, flags),
  });
}

async function runCampaign(session: Session, name: string, flags: CampaignFlags): Promise<number> {
  const { client, print, tell, signal } = session;
  const { wait, ttl, candidate, value, label } = flags;
  const leaseId = await optionalLease(flags.lease);
  const tried = await client.election(name).campaignOnce({
    ...{ signal, waitMs: wait },
    ...(leaseId === undefined ? {} : { leaseId }),
    ...(ttl === undefined ? {} : { ttlMs: ttl }),
    ...(candidate === undefined ? {} : { candidate }),
    ...(value === undefined ? {} : { value }),
    ...(label === undefined ? {} : { labels: label }),
  });
  if (tried.kind === 'held') {
    print.result('');
    tell(`election ${JSON.stringify(name)} is not won: ${heldBy(tried.holders)}`);
    return EXIT.tempFail;
  }
  const { leaseId: lease, fencingToken: term, ttlMs } = tried.grant;
  print.result(`${lease}\n`);
  tell(`you lead ${JSON.stringify(name)} for ${formatDuration(ttlMs)}, in term ${term}`);
  return EXIT.ok;
}

function leader(surroundings: Surroundings): Command {
  return clientCommand<object>(surroundings, {
    name: 'leader',
    answer: 'ElectionService/GetLeader',
    description: 'Show who leads, and who waits. Exit code 1 if nobody leads.',
    arguments: [NAME()],
    examples: [
      ['election leader scheduler', 'a line for the leader and each candidate'],
      ['election leader scheduler -o json', 'with the value, e.g. its address'],
    ],
    run: async ({ client, print, signal }, [name = '']) => {
      const { leader: first, candidates } = await client.election(name).get({ signal });
      const rows = [
        ...(first === undefined ? [] : [{ kind: 'leader', leader: first } as const]),
        ...candidates.map((candidate) => ({ kind: 'candidate', candidate }) as const),
      ];
      print.result(rows.length === 0 ? 'nobody leads\n' : renderTable(rows, CANDIDATE_COLUMNS));
      return first === undefined ? EXIT.no : EXIT.ok;
    },
  });
}

function observe(surroundings: Surroundings): Command {
  return clientCommand<{ readonly from?: number }>(surroundings, {
    name: 'observe',
    answer: 'ElectionService/Observe',
    description: 'Show every leader, a line an event, until it is ended (Ctrl-C).',
    arguments: [NAME()],
    options: [FLAGS.fromRevision()],
    examples: [['election observe scheduler -o json', 'each event as one line of JSON']],
    run: async ({ client, print, signal }, [name = ''], { from = 0 }) => {
      for await (const event of client.election(name).observe({ signal, fromRevision: from })) {
        print.event(electionEventLine(event));
      }
      signal.throwIfAborted();
    },
  });
}

const RESIGN_EXAMPLE = 'election resign scheduler --lease - < lease';

function resign(surroundings: Surroundings): Command {
  return clientCommand<{ readonly lease?: string; readonly term?: number }>(surroundings, {
    name: 'resign',
    answer: 'ElectionService/Resign',
    description:
      'Give up a term: the next candidate is elected at once. Exit code 1 if it is over.',
    arguments: [NAME()],
    options: [
      leaseOption('the lease that leads').env('SHARED_LOCK_LEASE'),
      new Option('--term <term>', 'only if this is the term').argParser(positive),
    ],
    notes: LEASE_NOTES,
    examples: [[RESIGN_EXAMPLE, 'the lease out of a file']],
    run: async ({ client, print, tell, signal }, [name = ''], { lease, term }) => {
      const leaseId = await requiredLease(lease, RESIGN_EXAMPLE);
      const resigned = await client.election(name).resign({
        ...{ leaseId, signal },
        ...(term === undefined ? {} : { term }),
      });
      print.result('');
      tell(resigned ? `you have resigned from ${JSON.stringify(name)}` : 'nobody led');
      return resigned ? EXIT.ok : EXIT.no;
    },
  });
}

function list(surroundings: Surroundings): Command {
  return clientCommand<{ readonly prefix?: string }>(surroundings, {
    name: 'list',
    answer: 'ElectionService/ListElections',
    description: 'List the elections that somebody leads or waits for.',
    options: [FLAGS.prefix()],
    examples: [['election list', 'all of them']],
    run: ({ client, print, signal }, _, { prefix = '' }) =>
      print.list(client.elections({ prefix, signal }), ELECTION_COLUMNS),
  });
}
