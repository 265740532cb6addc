import { spawnSync } from 'node:child_process';

/**
 * A command before another, which then has a small disk at `folder`: a file system in memory, which goes with it. Where
 * nobody may mount one, a limit on the size of each of its files, which fails writes in the same way.
 */
export function onSmallDisk(folder: string, bytes: number): readonly string[] {
  const mount = `mount -t tmpfs -o size=${bytes} tmpfs "$0" && exec "$@"`;
  const ways = [
    ['unshare', '--mount', 'sh', '-c', mount, folder],
    ['unshare', '--user', '--map-root-user', '--mount', 'sh', '-c', mount, folder],
    // The data have less than the disk, since other things would be on it.
    ['prlimit', `--fsize=${Math.floor(bytes / 2)}`],
  ];
  const way = ways.find(([command = '', ...args]) => {
    return spawnSync(command, [...args, 'true'], { stdio: 'ignore' }).status === 0;
  });
  if (way === undefined) throw new Error('neither a small disk nor a small file can be made here');
  return way;
}
