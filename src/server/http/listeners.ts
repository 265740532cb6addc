import { once } from 'node:events';
import type { Server } from 'node:http';
import type { Server as TlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { BACKLOG } from '../../tcp/backlog.js';
import { listenAtName } from '../../tcp/listen-at-name.js';
import type { TlsMaterial } from '../handlers/wire.js';
import { reloadTls } from './node-server.js';

type NodeServer = Server | TlsServer;

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

  /** Once. @returns the port. @throws Error as `listenAtName`. */
  listen(host: string, port: number): Promise<number> {
    return listenAtName(host, port, {
      bind: async (address, wanted) => {
        const server = this.first.listening ? this.#another() : this.first;
        await once(server.listen({ host: address, port: wanted, backlog: BACKLOG }), 'listening');
        // It listens on TCP, so that it has an address with a port.
        return (server.address() as AddressInfo).port;
      },
      unbindAll: async () => {
        await this.close();
        this.#servers.length = 1;
      },
    });
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
