import { check, type Side, type Workload } from '../workload.js';

/**
 * Calls that do nothing, for what a call costs at least: what any other one takes beyond that, is ours to answer for.
 */
const serializable: Side = {
  name: 'serializable read of etcd',
  make:
    ({ kv }) =>
    async () => {
      const { count } = await kv.call('Range', {
        key: Buffer.from('nothing'),
        serializable: true,
        count_only: true,
      });
      check(count === '0', 'there is nothing');
    },
};

export function emptyOver(wire: 'gRPC' | 'HTTP'): string {
  return `a call that does nothing, ${wire}`;
}

export const emptyWorkloads: readonly Workload[] = [
  {
    name: emptyOver('gRPC'),
    ours:
      ({ ours }) =>
      async () => {
        const { status } = await ours.health.call('Check', { service: '' });
        check(status === 'SERVING', 'the daemon serves');
      },
    peers: [serializable],
    quick: true,
  },
  {
    name: emptyOver('HTTP'),
    ours:
      ({ ours }) =>
      async () => {
        const { status } = await ours.http('GET', '/livez');
        check(status === 200, 'the daemon lives');
      },
    peers: [serializable],
    quick: true,
  },
];
