// Fails if an HTTP route of a release is gone, or leads elsewhere: `node scripts/check-routes.mjs RELEASE [PROTO]`. What `buf breaking` compares
// has no annotations in it.
import { spawnSync } from 'node:child_process';

const VERBS = ['get', 'put', 'post', 'patch', 'delete'];

/** `post /v1/locks/{name}:acquire` → the method that it leads to, and what of the message its bodies are. */
function routesOf(source) {
  const { status, stdout, stderr } = spawnSync(
    'node_modules/.bin/buf',
    ['build', source, '-o', '-#format=json'],
    { encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (status !== 0) throw new Error(`buf can't read ${source}:\n${stderr}`);
  const routes = new Map();
  for (const { package: name, service: services = [] } of JSON.parse(stdout).file) {
    for (const service of services) {
      for (const method of service.method) {
        for (const rule of rulesOf(method)) {
          const verb = VERBS.find((each) => rule[each] !== undefined);
          const { body = '', responseBody = '' } = rule;
          const meaning = `${name}.${service.name}/${method.name}, body "${body}", answer "${responseBody}"`;
          routes.set(`${verb} ${rule[verb]}`, meaning);
        }
      }
    }
  }
  return routes;
}

function rulesOf({ options }) {
  const rule = options?.['[google.api.http]'];
  return rule === undefined ? [] : [rule, ...(rule.additionalBindings ?? [])];
}

const [release, proto = 'proto'] = process.argv.slice(2);
const released = routesOf(release);
const present = routesOf(proto);
for (const [route, meaning] of released) {
  if (present.get(route) === meaning) continue;
  process.exitCode = 1;
  console.error(`${route} led to ${meaning}; now ${present.get(route) ?? 'it is gone'}`);
}
if (released.size === 0) {
  process.exitCode = 1;
  console.error(`no routes in ${release}`);
}
