import { expect } from 'chai';
import { refusalFacts, type AuditFacts } from '../../../../src/server/access/audit-facts.js';
import { Guard } from '../../../../src/server/access/guard.js';
import { accessFor, GuardedServers, tokenOf } from '../../../support/guarded-servers.js';

const POLICY = `version: 1
principals:
  - ${tokenOf('ann')}
  - ${tokenOf('ops')}
rules:
  - {to: [ann], allow: [acquire, read], on: ["lock:shop/*"]}
  - {to: [ops], allow: ["*"], on: ["*"]}
  - {to: [ops], deny: [forceRelease], on: ["lock:payments/*"]}
`;

interface Line extends AuditFacts {
  readonly action: string;
}

describe('the audit', () => {
  let lines: Line[];
  let bench: GuardedServers;
  const sink = (action: string, facts: AuditFacts): void => void lines.push({ action, ...facts });
  beforeEach(() => {
    lines = [];
  });
  afterEach(() => bench.stop());

  async function start(isGuarded = true): Promise<void> {
    const refused = (refusal: Parameters<typeof refusalFacts>[0]): void =>
      sink('refused', refusalFacts(refusal));
    const guard = new Guard({ mode: 'enforce', ...accessFor(POLICY), refused });
    bench = await GuardedServers.start(isGuarded ? guard : undefined, sink);
  }

  it('tells of what is refused: who, how, from where, what, and by which rule', async () => {
    await start();
    await bench.grpc('LockService/Acquire', { name: 'till/a' }, 'ann');
    const force = { name: 'payments/a', reason: 'r' };
    await bench.grpc('LockService/ForceRelease', force, 'ops');
    await bench.http('GET', '/v1/locks/a', 'wrong');
    await bench.http('GET', '/v1/locks/a');
    expect(
      lines.map(({ peer, ...line }) => [/^127\.0\.0\.1:\d+$/.test(String(peer)), line]),
    ).to.deep.equal([
      [
        true,
        {
          action: 'refused',
          principal: 'ann',
          via: 'token',
          wire: 'grpc',
          verb: 'acquire',
          kind: 'lock',
          name: 'till/a',
          reason: 'NOT_ALLOWED',
          error: 'ann may not acquire lock "till/a"',
        },
      ],
      [
        true,
        {
          action: 'refused',
          principal: 'ops',
          via: 'token',
          wire: 'grpc',
          verb: 'forceRelease',
          kind: 'lock',
          name: 'payments/a',
          reason: 'NOT_ALLOWED',
          error: 'ops may not forceRelease lock "payments/a"',
          rule: 'line 8: deny on lock:payments/*',
        },
      ],
      [
        true,
        {
          action: 'refused',
          principal: 'anonymous',
          via: 'none',
          wire: 'http',
          reason: 'TOKEN_INVALID',
          error: "the token can't be verified",
        },
      ],
      [
        true,
        {
          action: 'refused',
          principal: 'anonymous',
          via: 'none',
          wire: 'http',
          verb: 'read',
          kind: 'lock',
          name: 'a',
          reason: 'NOT_ALLOWED',
          error: 'anonymous may not read lock "a"',
        },
      ],
    ]);
  });

  it('tells of what is deleted, and of schemas, and what came of it', async () => {
    await start();
    await bench.grpc('CounterService/Add', { name: 'c', delta: '1' }, 'ops');
    await bench.grpc('CounterService/DeleteCounter', { name: 'c' }, 'ops');
    const config = { namespace: 'n', name: 'd', document: '{}' };
    await bench.grpc('ConfigService/CreateConfig', { ...config, schema: '{}' }, 'ops');
    await bench.grpc('ConfigService/DeleteConfig', { namespace: 'n', name: 'none' }, 'ops');
    await bench.http('DELETE', '/config?service=x', 'ops');
    const rule = 'line 7: allow on *';
    const by = { principal: 'ops', via: 'token' };
    expect(lines.map(({ peer: _, ...line }) => line)).to.deep.equal([
      { action: 'deleted', ...by, wire: 'grpc', kind: 'counter', name: 'c', outcome: 'OK', rule },
      {
        action: 'schema set',
        ...by,
        wire: 'grpc',
        kind: 'config',
        name: 'n/d',
        outcome: 'OK',
        rule,
      },
      {
        action: 'deleted',
        ...by,
        wire: 'grpc',
        kind: 'config',
        name: 'n/none',
        outcome: 'NOT_FOUND',
        rule,
      },
      {
        action: 'deleted',
        ...by,
        wire: 'http',
        kind: 'config',
        name: 'config-api/x',
        outcome: 'HTTP 404',
        rule,
      },
    ]);
  });

  it('tells who took a lock by force, and by which rule', async () => {
    await start();
    await bench.grpc('LockService/Acquire', { name: 'shop/a', owner: 'till' }, 'ann');
    await bench.grpc('LockService/ForceRelease', { name: 'shop/a', reason: 'stuck' }, 'ops');
    const [audit] = bench.servers.daemon.telemetry.audits;
    expect(audit?.action).to.equal('lock force-released');
    expect(audit?.facts).to.include({
      ...{ lock: 'shop/a', reason: 'stuck', owner: 'till', wire: 'grpc' },
      ...{ principal: 'ops', via: 'token', rule: 'line 7: allow on *' },
    });
  });

  it('tells of what is deleted without a policy too, but not by whom', async () => {
    await start(false);
    await bench.grpc('CounterService/DeleteCounter', { name: 'c' });
    expect(lines.map(({ peer: _, ...line }) => line)).to.deep.equal([
      { action: 'deleted', wire: 'grpc', kind: 'counter', name: 'c', outcome: 'OK' },
    ]);
  });
});
