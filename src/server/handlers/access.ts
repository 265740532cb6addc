import { ANONYMOUS } from '../../core/access/principal.js';
import type { Via } from '../../core/access/principal.js';
import { durationOf } from '../../protocol/convert/values.js';
import type { WhoAmIResponse } from '../../protocol/generated/sharedlock/v1/WhoAmIResponse.js';
import type { Guard } from '../access/guard.js';
import { unary } from './call.js';
import type { HandlerTable } from './call.js';

const VIA = {
  none: 'NONE',
  token: 'TOKEN',
  jwt: 'JWT',
  certificate: 'CERTIFICATE',
  unix: 'UNIX',
} as const satisfies Record<Via, WhoAmIResponse['via']>;

const MODE = { off: 'OFF', audit: 'AUDIT', enforce: 'ENFORCE' } as const;

/** sharedlock.v1.AccessService. @param guard undefined: there is no policy. */
export function accessHandlers(guard: Pick<Guard, 'mode'> | undefined): HandlerTable {
  const mode = MODE[guard?.mode ?? 'off'];
  const whoAmI = unary((_request: object, call): Promise<WhoAmIResponse> => {
    const { id, groups, via, expiresAtMs } = call.rights?.principal ?? ANONYMOUS;
    return Promise.resolve({
      principal: id,
      groups: [...groups],
      via: VIA[via],
      expiresAt: durationOf(expiresAtMs),
      mode,
    });
  });
  return new Map([['/sharedlock.v1.AccessService/WhoAmI', whoAmI]]);
}
