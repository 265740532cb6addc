import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { TlsMaterial } from '../handlers/wire.js';
import { reloadTls } from './node-server.js';

type NodeServer = Server | TlsServer;

/** Of an address that a name has, but this machine does not: often `::1` of `localhost` in a container. */
const NOT_OURS = new Set(['EADDRNOTAVAIL', 'EAFNOSUPPORT']);

/** The addresses of a name, each once. @throws Error with Node's code, such as ENOTFOUND. */
export async function addressesOf(host: string): Promise<string[]> {
  const found = await lookup(host, { all: true });
  return [...new Set(found.map(({ address }) => address))];
}

/** One server for each address of a name, all on one port. What is done is done to all of them. */
export class Listeners {
  /** The one for the first address. */
  readonly first: NodeServer;
  readonly #make: () => NodeServer;
  readonly #servers: NodeServer[];

  /** @param make makes another one, in all like the first. */
  constructor(first: NodeServer, make: () => NodeServer) {
    this.first = first;
    this.#make = make;
    this.#servers = [first];
  }

  /**
   * Once. Addresses that this machine does not have are left out, unless it has none of them.
   * @param port 0: any free one, the same for all. @returns the port.
   * @throws Error with Node's code, such as EADDRINUSE.
   */
  async listen(addresses: readonly string[], port: number): Promise<number> {
    let bound = port;
    let isListening = false;
    let trouble: unknown = new Error('no address');
    for (const address of addresses) {
      const server = isListening ? this.#another() : this.first;
      try {
        await once(server.listen({ host: address, port: bound }), 'listening');
        // It listens on TCP, so that it has an address with a port.
        bound = (server.address() as AddressInfo).port;
        isListening = true;
      } catch (error) {
        if (!isNotOurs(error)) throw error;
        trouble = error;
      }
    }
    if (!isListening) throw trouble;
    return bound;
  }

  /** For new connections. @throws Error if the PEM texts are not valid: then nothing changes. */
  reloadTls(material: TlsMaterial): void {
    for (const server of this.#servers) reloadTls(server, material);
  }

  /** Takes no new connections, and ends those without a request. Resolves when the last one is closed. */
  async close(): Promise<void> {
    // The error that a server can have here is that it does not listen.
    const closed = (server: NodeServer): Promise<void> =>
      new Promise((resolve) => server.close(() => resolve()));
    await Promise.all(this.#servers.map(closed));
  }

  closeAllConnections(): void {
    for (const server of this.#servers) server.closeAllConnections();
  }

  #another(): NodeServer {
    const server = this.#make();
    this.#servers.push(server);
    return server;
  }
}

function isNotOurs(error: unknown): boolean {
  return error instanceof Error && 'code' in error && NOT_OURS.has(String(error.code));
}
