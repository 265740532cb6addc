import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { connect } from '../../../../src/client/client.js';
import { SharedLockError } from '../../../../src/client/errors.js';
import type { ClientOptions } from '../../../../src/client/options.js';
import { tokensOf } from '../../../../src/client/tokens/tokens-of.js';
import { SystemClock } from '../../../../src/clock/system-clock.js';

/** What is wrong with these options; undefined: nothing. */
function problem(options: ClientOptions): string | undefined {
  try {
    void connect(options).close();
    return undefined;
  } catch (error) {
    if (error instanceof SharedLockError && error.code === 'INVALID_ARGUMENT') return error.message;
    throw error;
  }
}

describe('The option token', () => {
  for (const address of ['unix:/x', 'localhost:1', '127.0.0.1:1', '127.8.9.1:1', '[::1]:1']) {
    it(`is sent to ${address}`, () => {
      expect(problem({ address, token: 't' })).to.equal(undefined);
    });
  }

  for (const address of [
    ...['10.0.0.1:1', 'locks:1', 'localhost.evil.com:1', '127.0.0.1.evil.com:1', '127.evil:1'],
    ...['[::2]:1', '[::ffff:10.0.0.1]:1'],
  ]) {
    it(`is not sent to ${address} in the clear`, () => {
      const told = problem({ address, token: 'secret' });
      const right = 'use tls, a Unix socket, or a daemon on this machine';
      expect(told).to.equal(`token: is not sent to ${address} in the clear: ${right}`);
      expect(problem({ address, token: 'secret', tls: true })).to.equal(undefined);
      expect(problem({ addresses: ['localhost:1', address], tokenFile: '/t' })).to.contain(
        `tokenFile: is not sent to ${address}`,
      );
    });
  }

  it('is a text that can be sent', () => {
    expect(problem({ token: '' })).to.equal("token: can't be sent: it is empty");
    expect(problem({ token: 'a\nb' })).to.contain('it has characters that no bearer token has');
    expect(problem({ token: 5 as never })).to.contain('it is no text');
    expect(problem({ token: 't', tokenFile: '/t' })).to.contain('not both');
    expect(problem({ tokenFile: '' })).to.contain('must be the path of a file');
  });

  context('when it is in a file', () => {
    let folder: string;
    before(async () => {
      folder = await mkdtemp(join(tmpdir(), 'sl-token-'));
    });
    after(() => rm(folder, { recursive: true }));

    const read = async (text: string): Promise<string> => {
      const tokenFile = join(folder, 'token');
      await writeFile(tokenFile, text);
      const tokens = tokensOf({ tokenFile }, new SystemClock(), []);
      return tokens?.get(1000) ?? 'none';
    };

    it('may have a line break after it', async () => {
      expect(await read('one\n')).to.equal('one');
      expect(await read('one\r\n')).to.equal('one');
    });

    it('is read as far as a token may be long', async () => {
      const longest = 'a'.repeat(16 * 1024);
      expect(await read(`${longest}\n`)).to.equal(longest);
      expect(await read(longest.repeat(2)).catch(String)).to.contain('it has more than 16384');
    });

    it('is told to be missing by its path', async () => {
      const tokenFile = join(folder, 'none');
      const tokens = tokensOf({ tokenFile }, new SystemClock(), []);
      expect(await tokens?.get(1000).catch(String)).to.contain(`open '${tokenFile}'`);
    });
  });
});
