import type { Command } from 'commander';
import type { Identity } from '../../client/who-am-i.js';
import { visible } from '../../core/visible.js';
import { clientCommand } from '../client/client-command.js';
import type { Surroundings } from '../client/client-command.js';

const NOTES = `Prints the principal that the rules of the daemon's policy are about, how the daemon knows it, and until when. Exit code 77 if
what is shown is wrong, such as a token that has expired.`;

/** For who the daemon takes the caller: for people who are refused. */
export function whoamiCommand(surroundings: Surroundings): Command {
  return clientCommand<object>(surroundings, {
    name: 'whoami',
    answer: 'AccessService/WhoAmI',
    description: 'Tell for whom the daemon takes the caller.',
    examples: [
      ['whoami --tls --token-file /run/secrets/token', 'by a token'],
      ['whoami --address unix:/run/shared-lock/grpc.sock', 'by a Unix socket'],
    ],
    notes: NOTES,
    run: async ({ client, print, signal }) => {
      print.result(identityText(await client.whoAmI({ signal })));
    },
  });
}

const BY = {
  NONE: 'nothing',
  TOKEN: 'a token',
  JWT: 'a JWT',
  CERTIFICATE: 'a client certificate',
  UNIX: 'a Unix socket',
} as const satisfies Record<Identity['via'], string>;

const POLICY = {
  OFF: 'none: everybody may do anything',
  AUDIT: 'what it does not allow is logged, and done',
  ENFORCE: 'what it does not allow is refused',
} as const satisfies Record<Identity['mode'], string>;

function identityText({ principal, groups, via, expiresAtMs, mode }: Identity): string {
  const lines = [
    ['principal', principal],
    ...(groups.length === 0 ? [] : [['groups', groups.join(', ')]]),
    ['known by', BY[via]],
    ...(expiresAtMs === undefined ? [] : [['until', isoTime(expiresAtMs)]]),
    ['policy', POLICY[mode]],
  ];
  return lines.map(([title = '', text = '']) => `${title.padEnd(11)}${visible(text)}\n`).join('');
}

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
