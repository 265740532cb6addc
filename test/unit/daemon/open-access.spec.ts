import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { sha256Of } from '../../../src/access/static-tokens.js';
import { checkFiles } from '../../../src/daemon/check-files.js';
import { ServeProcess } from '../cli/serve-process.js';
import { load } from '../config/fixture.js';

const POLICY = `version: 1
principals: [{name: shop}]
rules:
  - {to: [shop], allow: [acquire, read], on: ["lock:shop/*"]}
`;

describe('the policy of a daemon', () => {
  let folder: string;
  let env: Record<string, string>;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'shared-lock-policy-'));
    env = {
      SHARED_LOCK_AUTH_MODE: 'enforce',
      SHARED_LOCK_AUTH_POLICY_PATH: join(folder, 'policy.yaml'),
      SHARED_LOCK_AUTH_TOKENS_PATH: join(folder, 'tokens'),
    };
    writeFileSync(join(folder, 'policy.yaml'), POLICY);
    writeFileSync(join(folder, 'tokens'), `shop ${sha256Of('a-token').toString('hex')}\n`);
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });
  const problems = async (): Promise<string[]> =>
    (await checkFiles(load({ env }).config, Date.now())).map(({ message }) => message);

  it('is checked before the start, with the lines of what is wrong', async () => {
    expect(await problems()).to.deep.equal([]);
    writeFileSync(join(folder, 'tokens'), 'shop secret\n');
    expect((await problems())[0]).to.match(/AUTH_TOKENS_PATH=.*tokens: line 1: a line has a name/);
    expect((await problems())[0]).not.to.contain('secret');
    writeFileSync(join(folder, 'policy.yaml'), `${POLICY}what: 1\n`);
    expect((await problems())[0]).to.match(/AUTH_POLICY_PATH=.*policy\.yaml: line 5: .*"what"/);
    rmSync(join(folder, 'policy.yaml'));
    expect((await problems())[0]).to.match(/AUTH_POLICY_PATH=.*can't be read: ENOENT/);
  });

  it('is what a daemon goes by from its first request', async () => {
    const daemon = new ServeProcess(
      ['--port', '0', '--grpc-port', '0', '--storage', 'memory'],
      env,
    );
    try {
      const { httpPort } = await daemon.ready();
      const acquire = async (name: string, token?: string): Promise<number> => {
        const url = `http://127.0.0.1:${httpPort}/v1/locks/${name}:acquire`;
        const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
        return (
          await fetch(url, {
            method: 'POST',
            body: '{}',
            headers: { ...headers, 'content-type': 'application/json' },
          })
        ).status;
      };
      expect(await acquire('shop%2Fa')).to.equal(401);
      expect(await acquire('shop%2Fa', 'wrong')).to.equal(401);
      expect(await acquire('shop%2Fa', 'a-token')).to.equal(200);
      expect(await acquire('other', 'a-token')).to.equal(403);
    } finally {
      await daemon.kill();
    }
  });

  it('that can not be used stops the start', async () => {
    writeFileSync(join(folder, 'policy.yaml'), 'version: 2\n');
    const { code, stderr } = await new ServeProcess(
      ['--port', '0', '--grpc-port', '0', '--storage', 'memory'],
      env,
    ).ended;
    expect(code).to.equal(78);
    expect(stderr).to.match(/policy\.yaml: line 1: version must be 1/);
  });

  it('is read again while it runs, all or nothing', async () => {
    const daemon = new ServeProcess(
      ['--port', '0', '--grpc-port', '0', '--storage', 'memory'],
      env,
    );
    try {
      const { httpPort } = await daemon.ready();
      const origin = `http://127.0.0.1:${httpPort}`;
      const read = async (name: string, token = 'a-token'): Promise<number> =>
        (
          await fetch(`${origin}/v1/locks/${name}`, {
            headers: { authorization: `Bearer ${token}` },
          })
        ).status;
      const stale = async (): Promise<string | undefined> => {
        const headers = { authorization: 'Bearer a-token' };
        const text = await (await fetch(`${origin}/metrics`, { headers })).text();
        return /^shared_lock_access_stale (.)$/m.exec(text)?.[1];
      };
      expect([await read('shop%2Fa'), await read('till%2Fa')]).to.deep.equal([200, 403]);

      const next = `${POLICY.replace('{name: shop}', '{name: till, aliases: [shop]}').replaceAll('shop/', 'till/').replace('[shop], allow', '[till], allow')}  - {to: [till], allow: [metrics], on: [daemon]}\n`;
      writeFileSync(join(folder, 'policy.yaml'), next);
      daemon.signal('SIGHUP');
      const kept = await daemon.logged('the new policy can not be used; the old one stays');
      expect(kept.trouble).to.match(/tokens: line 1: the policy names no such principal/);
      expect([await read('shop%2Fa'), await read('till%2Fa')]).to.deep.equal([200, 403]);

      writeFileSync(join(folder, 'tokens'), `till ${sha256Of('a-token').toString('hex')}\n`);
      daemon.signal('SIGHUP');
      await daemon.logged('the policy was read again');
      expect([await read('shop%2Fa'), await read('till%2Fa')]).to.deep.equal([403, 200]);
      expect(await stale()).to.equal('0');

      writeFileSync(join(folder, 'policy.yaml'), 'version: 2\n');
      daemon.signal('SIGHUP');
      while ((await stale()) !== '1') await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await read('till%2Fa')).to.equal(200);
      expect(JSON.stringify(daemon.log)).not.to.contain(sha256Of('a-token').toString('hex'));
    } finally {
      await daemon.kill();
    }
  });

  it('leaves its refusals in the audit´s own file, and no token or hash in any log', async () => {
    const audit = join(folder, 'audit', 'audit.log');
    const logs = {
      SHARED_LOCK_AUDIT_LOG_PATH: audit,
      SHARED_LOCK_LOG_DIR: join(folder, 'logs'),
      SHARED_LOCK_LOG_LEVEL: 'trace',
    };
    const daemon = new ServeProcess(['--port', '0', '--grpc-port', '0', '--storage', 'memory'], {
      ...env,
      ...logs,
    });
    try {
      const { httpPort } = await daemon.ready();
      const ask = (path: string, token: string): Promise<Response> =>
        fetch(`http://127.0.0.1:${httpPort}${path}`, {
          headers: { authorization: `Bearer ${token}` },
        });
      await ask('/v1/locks/shop%2Fa', 'a-token');
      await ask('/v1/locks/till%2Fa', 'a-token');
      await ask('/v1/locks/till%2Fa', 'made-up-token');
      await ask('/v1/locks/a?access_token=token-in-query', 'a-token');
      daemon.signal('SIGTERM');
      const { stdout, stderr } = await daemon.ended;
      const lines = readFileSync(audit, 'utf8')
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line) as object);
      expect(lines.map((line) => 'error' in line && line.error)).to.deep.equal([
        'shop may not read lock "till/a"',
        "the token can't be verified",
      ]);
      const files = readdirSync(join(folder, 'logs')).map((name) =>
        readFileSync(join(folder, 'logs', name), 'utf8'),
      );
      const all = [stdout, stderr, ...files, readFileSync(audit, 'utf8')].join('\n');
      expect(all).to.contain('shop may not read lock');
      const secrets = ['a-token', 'made-up-token', 'token-in-query'];
      const hashes = secrets.flatMap((secret) => {
        const hash = sha256Of(secret);
        return [hash.toString('hex'), hash.toString('base64'), hash.toString('base64url')];
      });
      for (const secret of [...secrets, ...hashes]) expect(all).not.to.contain(secret);
    } finally {
      await daemon.kill();
    }
  });
});
