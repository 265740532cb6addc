import { loadPackageDefinition } from '@grpc/grpc-js';
import type {
  ChannelCredentials,
  Client,
  ClientReadableStream,
  ServiceDefinition,
} from '@grpc/grpc-js';
import { service as healthService } from 'grpc-health-check';
import type { LeaseServiceClient } from '../../src/protocol/generated/sharedlock/v1/LeaseService.js';
import type { LockServiceClient } from '../../src/protocol/generated/sharedlock/v1/LockService.js';
import type { MethodDescriptor } from '../../src/protocol/descriptors.js';
import { DESCRIPTORS } from './wire-servers.js';

interface HealthClient extends Client {
  check(
    request: { service: string },
    callback: (error: Error | null, response: unknown) => void,
  ): unknown;
  watch(request: { service: string }): ClientReadableStream<{ status: string }>;
}

export interface GrpcClients {
  readonly leases: LeaseServiceClient;
  readonly locks: LockServiceClient;
  readonly health: HealthClient;
  close(): void;
}

interface Package {
  readonly [name: string]:
    Package | (new (address: string, credentials: ChannelCredentials) => Client);
}

/** Clients of all services over one channel. */
export function clientsOf(address: string, channelCredentials: ChannelCredentials): GrpcClients {
  const root = loadPackageDefinition({
    ...servicesOf(DESCRIPTORS.methods),
    'grpc.health.v1.Health': healthService,
  }) as unknown as Package;
  const client = (path: string): Client => {
    let found: Package[string] = root;
    for (const name of path.split('.')) {
      const next: Package[string] | undefined = typeof found === 'object' ? found[name] : undefined;
      if (next === undefined) throw new Error(`no ${path}`);
      found = next;
    }
    if (typeof found === 'object') throw new Error(`${path} is no service`);
    return new found(address, channelCredentials);
  };
  // Each is made of the definition that its type was generated of.
  const leases = client('sharedlock.v1.LeaseService') as LeaseServiceClient;
  const locks = client('sharedlock.v1.LockService') as LockServiceClient;
  const health = client('grpc.health.v1.Health') as HealthClient;
  return {
    leases,
    locks,
    health,
    close: () => {
      for (const one of [leases, locks, health]) one.close();
    },
  };
}

/** As proto-loader would have them: clients name their methods as generated types do. */
function servicesOf(methods: readonly MethodDescriptor[]): Record<string, ServiceDefinition> {
  const services: Record<string, ServiceDefinition> = {};
  for (const { service, name, definition } of methods) {
    const originalName = `${name.slice(0, 1).toLowerCase()}${name.slice(1)}`;
    services[service] = { ...services[service], [name]: { ...definition, originalName } };
  }
  return services;
}
