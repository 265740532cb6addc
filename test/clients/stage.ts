import { connect } from '../../src/index.js';
import type { Client } from '../../src/index.js';
import { DaemonProcess } from '../support/daemon-process.js';
import type { DaemonOptions } from '../support/daemon-process.js';
import { startEtcd } from '../support/etcd.js';
import type { Etcd, EtcdOptions } from '../support/etcd.js';
import { TcpProxy } from '../support/tcp-proxy.js';
import { Driver } from './driver.js';
import type { ClientEntry, Line } from './driver.js';

/** Everything that a situation starts, to be ended after it, in the reverse order. */
export class Stage {
  readonly entry: ClientEntry;
  readonly #ends: (() => Promise<unknown>)[] = [];
  readonly #drivers: Driver[] = [];

  constructor(entry: ClientEntry) {
    this.entry = entry;
  }

  async daemon(options: DaemonOptions = {}): Promise<DaemonProcess> {
    const daemon = await DaemonProcess.start({ quiet: true, ...options });
    this.#ends.push(() => daemon.dispose());
    return daemon;
  }

  async etcd(options: EtcdOptions = {}): Promise<Etcd> {
    const etcd = await startEtcd(options);
    this.#ends.push(() => etcd.dispose());
    return etcd;
  }

  async proxy(target: string): Promise<TcpProxy> {
    const proxy = await TcpProxy.start(target);
    this.#ends.push(() => proxy.dispose());
    return proxy;
  }

  /** A driver of the client that is examined. */
  async driver(addresses: readonly string[], options: Line = {}): Promise<Driver> {
    const driver = await Driver.start(this.entry, addresses, options);
    this.#drivers.push(driver);
    this.#ends.push(() => driver.kill());
    return driver;
  }

  /** Somebody else, by the TypeScript client in this process. */
  rival(address: string): Client {
    const client = connect({ address, deadlineMs: 5000 });
    this.#ends.push(() => client.close());
    return client;
  }

  /** What drivers wrote to standard error. */
  get errors(): string {
    return this.#drivers.map(({ errors }) => errors).join('');
  }

  async clear(): Promise<void> {
    for (const end of this.#ends.splice(0).reverse()) await end();
  }
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
