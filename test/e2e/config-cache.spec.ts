import { expect } from 'chai';
import { daemonOf, eventually, WORLDS } from './worlds.js';

for (const [engine, open] of WORLDS) {
  describe(`the distributed config cache on ${engine}`, function () {
    this.timeout(60_000);
    const on = daemonOf(open);

    /** Status and body, as `200 1`. */
    const ask = async (
      method: string,
      key: string,
      body?: string,
      at = on.daemon,
    ): Promise<string> => {
      const response = await fetch(`${at.url}/config/${key}`, {
        method,
        ...(body === undefined ? {} : { body }),
      });
      return `${response.status} ${await response.text()}`;
    };

    for (const method of ['POST', 'PUT']) {
      it(`puts by ${method}, gets and deletes any JSON value`, async () => {
        const key = `a/b/${method}`;
        expect(await ask('GET', key)).to.equal('200 null');
        for (const value of ['1', '"x"', 'null', '[1, 2]', '{"big":9007199254740993}']) {
          expect(await ask(method, key, value)).to.equal(`200 ${value}`);
          expect(await ask('GET', key)).to.equal(`200 ${value}`);
          expect(await ask('GET', `${key}?use_cache=false`)).to.equal(`200 ${value}`);
        }
        expect(await ask('DELETE', key)).to.equal('204 ');
        expect(await ask('DELETE', key)).to.equal('204 ');
        expect(await ask('GET', key)).to.equal('200 null');
      });
    }

    it('is the namespace config-cache of all others', async () => {
      await ask('PUT', 'shared', '{"a": 1}');
      const url = `${on.daemon.url}/v1/namespaces/config-cache/configs/shared`;
      expect(await (await fetch(url)).json()).to.include({ document: '{"a": 1}' });
    });

    it('refuses what is no JSON, and no key', async () => {
      for (const [key, body] of [
        ['k', ''],
        ['k', '{'],
        ['a%2F..', '1'],
        ['', '1'],
      ] as const) {
        expect(await ask('PUT', key, body)).to.match(/^400 \{"error":"/);
      }
      expect(await ask('GET', 'k?use_cache=perhaps')).to.match(/^400 /);
    });

    if (engine === 'etcd') {
      it('reads at one daemon what was written at another', async () => {
        const other = await on.world.start();
        try {
          await ask('GET', 'far', undefined, other);
          await ask('PUT', 'far', '1');
          expect(await ask('GET', 'far?use_cache=false', undefined, other)).to.equal('200 1');
          await eventually('the cache has it', async () => {
            return (await ask('GET', 'far', undefined, other)) === '200 1';
          });
        } finally {
          await other.dispose();
        }
      });
    }
  });
}
