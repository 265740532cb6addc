import { lookup } from 'node:dns/promises';

/** Of an address that a name has, but this machine does not: often `::1` of `localhost` in a container. */
const NOT_OURS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/** A port that is free at one address may be taken at the next; so often another one is tried. */
const MAX_TRIES = 10;

/** A server that can listen at many addresses. */
export interface AddressBinder {
  /** @param port 0: any free one. @returns the port. @throws Error with Node's code, such as EADDRINUSE. */
  bind(address: string, port: number): Promise<number>;
  /** Listens at none of them any more. */
  unbindAll(): Promise<void>;
}

/**
 * Listens at all addresses of a name, on one port. Those that this machine does not have are left out, unless it has none.
 * @param port 0: any that is free at all of them. @returns the port.
 * @throws Error with Node's code: ENOTFOUND; EADDRINUSE also if the port is taken at one of many: who comes there would
 * get to somebody else.
 */
export async function listenAtName(
  host: string,
  port: number,
  binder: AddressBinder,
): Promise<number> {
  const found = await lookup(host, { all: true });
  const addresses = [...new Set(found.map(({ address }) => address))];
  for (let tries = 1; ; tries++) {
    try {
      return await bindEach(addresses, port, binder);
    } catch (error) {
      await binder.unbindAll();
      if (port !== 0 || codeOf(error) !== 'EADDRINUSE' || tries >= MAX_TRIES) throw error;
    }
  }
}

async function bindEach(
  addresses: readonly string[],
  port: number,
  binder: AddressBinder,
): Promise<number> {
  let bound: number | undefined;
  let trouble: unknown = new Error('no address');
  for (const address of addresses) {
    try {
      bound = await binder.bind(address, bound ?? port);
    } catch (error) {
      if (!NOT_OURS.has(codeOf(error))) throw error;
      trouble = error;
    }
  }
  if (bound === undefined) throw trouble;
  return bound;
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}
