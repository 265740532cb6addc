// Generates src/protocol/generated from proto/: `npm run generate`. The same input gives the same files.
import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import protobuf from 'protobufjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** Options for the gateway, and for generators of other languages. */
const OF_NO_USE_HERE = new Set([
  '(google.api.http)',
  'parsedOptions',
  'csharp_namespace',
  'go_package',
  'java_multiple_files',
  'java_package',
]);
/** Also options of which nothing is left. */
const isOfNoUse = (key, value) =>
  OF_NO_USE_HERE.has(key) ||
  (key === 'options' && Object.keys(value).every((name) => OF_NO_USE_HERE.has(name)));

const OUT = join(ROOT, 'src/protocol/generated');
const require = createRequire(import.meta.url);

const folder = mkdtempSync(join(tmpdir(), 'shared-lock-types-'));
try {
  generate(folder);
  const wanted = reachable(folder, filesBelow(folder).filter(isOurs));
  rmSync(OUT, { recursive: true, force: true });
  for (const file of wanted) cpSync(file, join(OUT, relative(folder, file)));
  writeFileSync(join(OUT, 'schema.ts'), schema());
  writeFileSync(join(OUT, 'reflection.ts'), reflection());
  console.log(`${wanted.size + 2} files in ${relative(ROOT, OUT)}`);
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function generate(outDir) {
  const tool = join(
    dirname(require.resolve('@grpc/proto-loader/package.json')),
    'build/bin/proto-loader-gen-types.js',
  );
  run(tool, [
    '--longs=String',
    '--enums=String',
    '--defaults',
    '--oneofs',
    '--grpcLib=@grpc/grpc-js',
    '--importFileExtension=.js',
    `--includeDirs=proto`,
    `--includeDirs=${dirname(require.resolve('protobufjs/package.json'))}`,
    `--outDir=${outDir}`,
    ...filesBelow(join(ROOT, 'proto'))
      .map((file) => relative(join(ROOT, 'proto'), file))
      // Nothing is done with the annotations of routes but to read them.
      .filter((file) => file.endsWith('.proto') && !file.startsWith('google/api/'))
      .sort(),
  ]);
}

/** @throws Error if it fails; it has said why. */
function run(script, words) {
  const options = { cwd: ROOT, stdio: ['ignore', 'inherit', 'inherit'] };
  const { status } = spawnSync(process.execPath, [script, ...words], options);
  if (status !== 0) throw new Error(`${script} failed`);
}

/** All messages and services as protobufjs has them as JSON, in a module: no file to be found, and none to be parsed. */
function schema() {
  const root = new protobuf.Root();
  const google = dirname(require.resolve('protobufjs/package.json'));
  root.resolvePath = (_origin, target) => {
    // Only the gateway needs the annotations of routes.
    if (target.startsWith('google/api/')) return null;
    const own = join(ROOT, 'proto', target);
    return existsSync(own) ? own : join(google, target);
  };
  root.loadSync([
    ...readdirSync(join(ROOT, 'proto/sharedlock/v1'))
      .sort()
      .map((file) => `sharedlock/v1/${file}`),
    'google/rpc/status.proto',
    'google/rpc/error_details.proto',
  ]);
  root.resolveAll();
  const json = JSON.stringify(root.toJSON({ keepComments: false }), (key, value) =>
    isOfNoUse(key, value) ? undefined : value,
  );
  return `// Original files: proto\n\n/** JSON of protobufjs. */\nexport const SCHEMA: string =\n  ${JSON.stringify(json)};\n`;
}

/** The descriptors that reflection hands out, of all that the daemon serves, as a compiler of .proto files makes them. */
function reflection() {
  const protos = join(folder, 'proto');
  cpSync(join(ROOT, 'proto'), protos, { recursive: true });
  const library = join(dirname(require.resolve('@grpc/reflection')), '../proto/grpc');
  cpSync(library, join(protos, 'grpc'), { recursive: true });
  cpSync(
    require.resolve('grpc-health-check/proto/health/v1/health.proto'),
    join(protos, 'grpc/health/v1/health.proto'),
  );
  const set = join(folder, 'files.binpb');
  const words = ['--exclude-source-info', '--as-file-descriptor-set', '--output', set, protos];
  run(require.resolve('@bufbuild/buf/bin/buf'), ['build', ...words]);
  const files = filesIn(readFileSync(set)).map((bytes) => `  '${bytes.toString('base64')}',\n`);
  return `// Original files: proto\n\n/** A FileDescriptorProto each, in base64. */\nexport const REFLECTION_FILES: readonly string[] = [\n${files.join('')}];\n`;
}

/** The files of a FileDescriptorSet as they are: decoded, they would lose the annotations. */
function filesIn(set) {
  const reader = protobuf.Reader.create(set);
  const files = [];
  while (reader.pos < reader.len) {
    // Its only field is the first one.
    reader.uint32();
    files.push(Buffer.from(reader.bytes()));
  }
  return files;
}

/** The roots: our services and messages, and the errors that both wires send. */
function isOurs(file) {
  return /\/(?:sharedlock\/v1|google\/rpc)\/[^/]+\.ts$/.test(file.slice(folder.length));
}

/** The roots and all that they import; the generator also writes what only descriptors use. */
function reachable(base, roots) {
  const found = new Set(roots);
  for (const file of found) {
    for (const [, specifier] of readFileSync(file, 'utf8').matchAll(/ from '(\.[^']+)'/g)) {
      const target = join(dirname(file), specifier.replace(/\.js$/, '.ts'));
      if (!existsSync(target)) throw new Error(`${relative(base, file)} imports ${specifier}`);
      found.add(target);
    }
  }
  return found;
}

function filesBelow(path) {
  if (!statSync(path).isDirectory()) return [path];
  return readdirSync(path).flatMap((name) => filesBelow(join(path, name)));
}
