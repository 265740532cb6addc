// All that `npm run build` does. dist/src is the library, file by file, with its types; dist/cmd is the program in few files, since
// to find and compile nine hundred takes Node.js most of a second.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const CMD = join(ROOT, 'dist/cmd');
const PROGRAM = join(CMD, 'shared-lock.js');
const WARM_LIMIT_MS = 20_000;

/** Not minified: stack traces are read by people. Names that are there twice get a number. */
const COMMON = {
  absWorkingDir: ROOT,
  bundle: true,
  platform: 'node',
  format: 'cjs',
  target: 'node20.19',
  legalComments: 'none',
  logLevel: 'warning',
  // It finds its native part beside itself.
  external: ['lmdb'],
  supported: { 'dynamic-import': false },
  define: { 'import.meta.url': 'ownUrl' },
};
const OWN_URL = 'const ownUrl = require("node:url").pathToFileURL(__filename).href;';

/** Packages that read files which lie beside their own. */
const filesBesideCode = {
  name: 'files beside code',
  setup({ onLoad }) {
    const filter = /\/node_modules\/(?:@grpc\/reflection|grpc-health-check|etcd3)\/.*\.js$/;
    onLoad({ filter }, ({ path }) => {
      const [, name, folder] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)\/(.*)\//.exec(path);
      const root = `require.resolve(${JSON.stringify(`${name}/package.json`)})`;
      const dirname = `require("node:path").resolve(${root}, "..", ${JSON.stringify(folder)})`;
      return { contents: readFileSync(path, 'utf8').replaceAll('__dirname', dirname) };
    });
  },
};

/** For all commands but `serve`. */
const withoutDaemon = {
  name: 'without the daemon',
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/daemon\/[^/]+\.ts$/ }, () => ({
      contents: 'throw new Error("the daemon is in daemon.js")',
    }));
  },
};

await main();

async function main() {
  rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
  await bundle();
  await warm();
}

async function bundle() {
  const program = (name, plugins) =>
    build({
      ...COMMON,
      plugins: [filesBesideCode, ...plugins],
      logOverride: { 'require-resolve-not-external': 'silent' },
      entryPoints: { [name]: 'src/cli/start.ts' },
      outdir: CMD,
      // As src/cli/launch/compiled.ts wants it.
      banner: { js: `(function (exports, require, module, __filename, __dirname) {${OWN_URL}` },
      footer: { js: '})' },
    });
  await Promise.all([
    program('daemon', []),
    program('client', [withoutDaemon]),
    build({
      ...COMMON,
      entryPoints: {
        'shared-lock': 'cmd/launch.ts',
        // What the others start beside themselves, by these names.
        guard: 'src/cli/run/guard.ts',
        worker: 'src/service/config/jobs/worker.ts',
      },
      outdir: CMD,
      banner: { js: OWN_URL },
    }),
  ]);
  writeFileSync(join(CMD, 'package.json'), '{ "type": "commonjs" }\n');
  chmodSync(PROGRAM, 0o755);
}

/** Has both compiled for this Node.js, by running them once. Whoever runs another one has them compiled by his first start. */
async function warm() {
  const ports = ['--host', '127.0.0.1', '--port', '0', '--grpc-port', '0'];
  const daemon = spawn(process.execPath, [PROGRAM, 'serve', '--storage', 'memory', ...ports], {
    // Of no concern are the settings of whoever builds.
    env: { PATH: process.env.PATH },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const limit = setTimeout(() => daemon.kill('SIGKILL'), WARM_LIMIT_MS);
  const ended = once(daemon, 'exit');
  for await (const line of createInterface(daemon.stdout)) {
    const { msg, grpcPort } = JSON.parse(line);
    if (msg !== 'ready') continue;
    const words = ['counter', 'get', 'warm', '--address', `127.0.0.1:${grpcPort}`];
    await once(spawn(process.execPath, [PROGRAM, ...words], { stdio: 'ignore' }), 'exit');
    daemon.kill('SIGTERM');
  }
  await ended;
  clearTimeout(limit);
}
