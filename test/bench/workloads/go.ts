import { buildGoLoad, type GoLoad, type GoProgram } from '../go-load.js';
import { freshName, type Side, type Workload } from '../workload.js';
import { etcdLease, session, type World } from '../world.js';

const IN_FLIGHT = [64, 256];

/** None where there is no Go. */
export function goWorkloads(): readonly Workload[] {
  const program = buildGoLoad();
  if (program === undefined) return [];
  const etcd: Side = { name: "etcd's Lock service", make: by(program, etcdLoad) };
  const ours = (side: 'stream' | 'unary') => by(program, (world) => ourLoad(world, side));
  return [
    {
      name: 'acquire + release, Go, by stream',
      ours: ours('stream'),
      peers: [etcd],
      inFlight: IN_FLIGHT,
      aims: [
        { inFlight: 256, ratio: 1.4 },
        { inFlight: 64, daemonCpu: 130 },
      ],
    },
    {
      name: 'acquire + release, Go, unary gRPC',
      ours: ours('unary'),
      peers: [etcd],
      inFlight: IN_FLIGHT,
      aims: [{ inFlight: 64, daemonCpu: 250 }],
    },
  ];
}

function by(program: GoProgram, loadOf: (world: World) => Promise<GoLoad>): Side['make'] {
  return async (world) => {
    const load = await loadOf(world);
    return {
      measure: (inFlight, forMs) => program.measure(load, inFlight, forMs),
      close: () => undefined,
    };
  };
}

async function ourLoad({ ours }: World, side: 'stream' | 'unary'): Promise<GoLoad> {
  const address = ours.daemon.grpcAddress;
  return { side, address, lease: await session(ours), prefix: freshName('lock') };
}

async function etcdLoad(world: World): Promise<GoLoad> {
  const address = (world.etcd.endpoints[0] ?? '').replace('http://', '');
  return { side: 'etcd', address, lease: await etcdLease(world), prefix: freshName('lock') };
}
