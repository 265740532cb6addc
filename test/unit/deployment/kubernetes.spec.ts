import { expect } from 'chai';
import type { Container, Pod } from 'kubernetes-types/core/v1.d.ts';
import { flatten } from '../../../src/config/setting.js';
import { SETTINGS } from '../../../src/config/settings.js';
import {
  kubernetesProblems,
  objectsIn,
  readYaml,
  sharedPolicy,
  textOf,
  yamlFiles,
} from '../../support/manifests.js';
import type { Tree } from '../../support/manifests.js';
import { load } from '../config/fixture.js';

type PodSpec = NonNullable<Pod['spec']>;

const FOLDER = 'deployment/kubernetes';
const files = yamlFiles(FOLDER);

function objects(file: string): Tree[] {
  return readYaml(textOf(`${FOLDER}/${file}`));
}

function podOf(file: string, name: string): PodSpec {
  const found = objects(file).find(
    ({ kind, metadata }) => kind === 'Deployment' && (metadata as Tree).name === name,
  );
  // Its type was checked by the compiler.
  const { template } = found?.spec as { template: { spec: PodSpec } };
  return template.spec;
}

function containersOf(pod: PodSpec): Container[] {
  return [...(pod.initContainers ?? []), ...pod.containers];
}

function daemonOf(pod: PodSpec): Container {
  const found = containersOf(pod).find(({ name }) => name === 'shared-lock');
  if (found === undefined) throw new Error('there is no daemon');
  return found;
}

function envOf({ env = [] }: Container): Record<string, string> {
  return Object.fromEntries(env.map(({ name, value = '' }) => [name, value]));
}

function mountsOf({ volumeMounts = [] }: Container): string[] {
  return volumeMounts.map(({ mountPath }) => mountPath);
}

/** What of a volume of the pod is there for a container; of secrets what Kubernetes calls it. */
function filesOf({ volumes = [] }: PodSpec, { volumeMounts = [] }: Container): string[] {
  return volumeMounts.flatMap(({ name, mountPath }) => {
    const volume = volumes.find((each) => each.name === name);
    const projected = (volume?.projected?.sources ?? []).flatMap(
      ({ serviceAccountToken, configMap }) => [
        ...(serviceAccountToken === undefined ? [] : [serviceAccountToken.path]),
        ...(configMap?.items ?? []).map(({ path }) => path),
      ],
    );
    const names = [
      ...projected,
      ...(volume?.secret?.secretName === 'shared-lock-tls' ? ['tls.crt', 'tls.key'] : []),
      ...(volume?.configMap?.name === 'shared-lock-policy' ? ['policy.yaml'] : []),
    ];
    return names.map((file) => `${mountPath}/${file}`);
  });
}

describe('the manifests for Kubernetes', () => {
  context('before the schema of its API', () => {
    const trees = files.flatMap((file) => readYaml(textOf(file)));
    const deployment = JSON.stringify(
      objects('shared.yaml').find(({ kind }) => kind === 'Deployment'),
    );
    const wrong = [
      deployment.replace('"readinessProbe"', '"readynessProbe"'),
      deployment.replace('"replicas":3', '"replicas":"3"'),
      deployment.replace(/"selector":\{.*?\}\},/, ''),
    ];
    let problems: string[][];
    before(function () {
      this.timeout(60_000);
      problems = kubernetesProblems([...trees, ...wrong.map((text) => JSON.parse(text) as Tree)]);
    });

    it('are right, without a member that it does not know', () => {
      expect(trees).to.have.length.above(8);
      expect(problems.slice(0, trees.length).flat()).to.deep.equal([]);
    });

    it('would be found out otherwise', () => {
      for (const text of wrong) expect(text).not.to.equal(deployment);
      for (const found of problems.slice(trees.length)) expect(found).not.to.be.empty;
    });
  });

  const pods: readonly (readonly [string, PodSpec])[] = [
    ['sidecar.yaml', podOf('sidecar.yaml', 'singleton-worker')],
    ['shared.yaml', podOf('shared.yaml', 'shared-lock')],
    ['shared-client.yaml', podOf('shared-client.yaml', 'shared-worker')],
    ['etcd.yaml', podOf('etcd.yaml', 'etcd')],
  ];
  for (const [file, pod] of pods) {
    it(`give no right away in ${file}`, () => {
      expect(pod.securityContext).to.deep.include({
        runAsNonRoot: true,
        seccompProfile: { type: 'RuntimeDefault' },
      });
      expect(pod.automountServiceAccountToken).to.equal(false);
      for (const { securityContext, resources } of containersOf(pod)) {
        expect(securityContext).to.deep.equal({
          allowPrivilegeEscalation: false,
          readOnlyRootFilesystem: true,
          capabilities: { drop: ['ALL'] },
        });
        expect(resources?.requests).to.have.keys('cpu', 'memory');
        expect(resources?.limits).to.have.keys('memory');
      }
    });
  }

  for (const [file, pod] of pods.slice(0, 2)) {
    context(`the daemon of ${file}`, () => {
      const daemon = daemonOf(pod);

      it('has a configuration that the daemon takes, on etcd', () => {
        // Kubernetes' service links would be taken for settings.
        expect(pod.enableServiceLinks).to.equal(false);
        const { config } = load({ env: envOf(daemon) });
        expect(config.storage.type).to.equal('etcd');
      });

      it('has time to stop', () => {
        const { config } = load({ env: envOf(daemon) });
        const preStopSeconds = Number(daemon.lifecycle?.preStop?.exec?.command?.at(-1) ?? 0);
        const shutdownSeconds = config.server.shutdownTimeoutMs / 1000;
        // Other parts than the servers stop within 5 s each.
        const enough = preStopSeconds + shutdownSeconds + 20;
        expect(pod.terminationGracePeriodSeconds).to.be.at.least(enough);
      });

      it('is never restarted because of its storage', () => {
        const { livenessProbe: probe } = daemon;
        if (probe?.exec !== undefined) expect(probe.exec.command).to.include('--live');
        else expect(probe?.httpGet?.path).to.equal('/livez');
      });
    });
  }

  context('the sidecar', () => {
    const daemon = daemonOf(podOf('sidecar.yaml', 'singleton-worker'));

    it('starts before the app and runs beside it', () => {
      const { initContainers = [] } = podOf('sidecar.yaml', 'singleton-worker');
      expect(initContainers.map(({ name }) => name)).to.deep.equal(['shared-lock']);
      expect(daemon.restartPolicy).to.equal('Always');
      expect(daemon.startupProbe).not.to.equal(undefined);
    });

    it('listens for its pod only, so that its probes are commands', () => {
      expect(load({ env: envOf(daemon) }).config.server.host).to.equal('127.0.0.1');
      expect(daemon.ports).to.equal(undefined);
      for (const probe of [daemon.startupProbe, daemon.readinessProbe, daemon.livenessProbe]) {
        expect(probe?.exec?.command?.slice(0, 2)).to.deep.equal(['shared-lock', 'health']);
      }
    });
  });

  context('the shared deployment', () => {
    const pod = podOf('shared.yaml', 'shared-lock');
    const daemon = daemonOf(pod);

    it('has the ports of the daemon, in the container and in every service', () => {
      const { port, grpcPort } = load({ env: envOf(daemon) }).config.server;
      const byName = { http: port, grpc: grpcPort };
      const ports = (daemon.ports ?? []).map(({ name, containerPort }) => [name, containerPort]);
      expect(Object.fromEntries(ports)).to.deep.equal(byName);
      const services = objects('shared.yaml').filter(({ kind }) => kind === 'Service');
      for (const service of services) {
        const { ports: servicePorts } = service.spec as {
          ports: { port: number; targetPort: 'http' | 'grpc' }[];
        };
        for (const one of servicePorts) expect(one.port).to.equal(byName[one.targetPort]);
      }
    });

    it('reads its certificates for etcd from what is mounted', () => {
      const { storage } = load({ env: envOf(daemon) }).config;
      expect(mountsOf(daemon)).to.include('/etc/etcd');
      const tls = storage.type === 'etcd' ? storage.etcd.tls : undefined;
      const paths = [tls?.caPath, tls?.client?.certPath, tls?.client?.keyPath];
      for (const path of paths) expect(path).to.match(/^\/etc\/etcd\/[a-z]+\.(crt|key)$/);
    });

    it('takes tokens over TLS only, and what it needs for that is mounted', () => {
      const { config } = load({ env: envOf(daemon) });
      const { tls, auth } = config;
      expect(auth).to.include({ mode: 'enforce' });
      expect(auth?.jwt).to.include({ audience: 'shared-lock' });
      const env = envOf(daemon);
      const paths = [
        ...[tls?.certPath, tls?.keyPath, auth?.policyPath],
        ...[env.SHARED_LOCK_AUTH_JWT_CA_PATH, env.SHARED_LOCK_AUTH_JWT_JWKS_TOKEN_PATH],
      ];
      const files = filesOf(pod, daemon);
      for (const path of paths) expect(files).to.include(path);
      for (const probe of [daemon.startupProbe, daemon.readinessProbe, daemon.livenessProbe]) {
        expect(probe?.httpGet?.scheme).to.equal('HTTPS');
      }
    });

    it('may ask the API server for the keys of tokens', () => {
      const policy = objects('shared.yaml').find(({ kind }) => kind === 'NetworkPolicy');
      const { egress } = policy?.spec as { egress: { ports: { port: number }[] }[] };
      const ports = egress.flatMap((rule) => rule.ports.map(({ port }) => port));
      expect(ports).to.include.members([443, 6443]);
    });

    it('selects its own pods everywhere', () => {
      const label = { 'app.kubernetes.io/name': 'shared-lock' };
      for (const { kind, spec } of objects('shared.yaml')) {
        const { selector, podSelector } = (spec ?? {}) as Tree;
        if (kind === 'Service') expect(selector).to.deep.equal(label);
        if (kind === 'Deployment' || kind === 'PodDisruptionBudget') {
          expect(selector).to.deep.equal({ matchLabels: label });
        }
        if (kind === 'NetworkPolicy') expect(podSelector).to.deep.equal({ matchLabels: label });
      }
    });
  });

  context('an app that uses the shared deployment', () => {
    const pod = podOf('shared-client.yaml', 'shared-worker');
    const [app] = pod.containers;

    it('shows a token that is for the daemons, from a file that is replaced', () => {
      if (app === undefined) throw new Error('there is no app');
      const env = envOf(app);
      const tokens = (pod.volumes ?? [])
        .flatMap(({ projected }) => projected?.sources ?? [])
        .flatMap(({ serviceAccountToken }) => serviceAccountToken ?? []);
      expect(tokens).to.have.length(1);
      const daemon = daemonOf(podOf('shared.yaml', 'shared-lock'));
      expect(tokens[0]?.audience).to.equal(envOf(daemon).SHARED_LOCK_AUTH_JWT_AUDIENCE);
      const mounted = filesOf(pod, app);
      expect(mounted).to.include(env.SHARED_LOCK_TOKEN_FILE);
      expect(mounted).to.include(env.SHARED_LOCK_CACERT);
    });

    it('is one that the policy knows, and that the network lets in', () => {
      const subject = `system:serviceaccount:default:${String(pod.serviceAccountName)}`;
      expect(sharedPolicy()).to.contain(`'${subject}'`);
      const deployment = objects('shared-client.yaml').find(({ kind }) => kind === 'Deployment');
      const { template } = deployment?.spec as {
        template: { metadata: { labels: Record<string, string> } };
      };
      expect(template.metadata.labels).to.include({ 'shared-lock-client': 'true' });
    });
  });

  it('name no variable that means nothing', () => {
    const known = new Set(flatten(SETTINGS).map(({ setting }) => setting.env));
    // Of the client and the command line.
    for (const name of ['ADDRESS', 'CACERT', 'TOKEN_FILE']) known.add(`SHARED_LOCK_${name}`);
    const named = files
      .flatMap((file) => readYaml(textOf(file)))
      .flatMap((tree) => [...objectsIn(tree)])
      .map(({ name }) => name)
      .filter(
        (name): name is string => typeof name === 'string' && name.startsWith('SHARED_LOCK_'),
      );
    expect(named).to.include('SHARED_LOCK_ETCD_ADDR_LIST');
    expect(named.filter((name) => !known.has(name))).to.be.empty;
  });
});
