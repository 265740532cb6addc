import { expect } from 'chai';
import { isFault } from '../../../src/core/errors.js';
import { readForm } from '../../../src/server/http/legacy/form.js';

const URLENCODED = 'application/x-www-form-urlencoded';
const MULTIPART = 'multipart/form-data; boundary=B';

function read(contentType: string | undefined, body: string): Promise<unknown> {
  const call = { wire: 'http', signal: new AbortController().signal } as const;
  const request = { headers: {}, rest: '', query: '', remoteAddress: '', call };
  return readForm({ ...request, contentType, body: Buffer.from(body) }).then(
    (fields) => [...fields],
    (error: unknown) => (isFault(error) ? error.code : error),
  );
}

const part = (name: string, value: string): string =>
  `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;

describe('a form', () => {
  it('is read as curl -d sends it', async () => {
    expect(await read(URLENCODED, 'sleep=5&a=b+c%21&sleep=6')).to.deep.equal([
      ['sleep', ['5', '6']],
      ['a', ['b c!']],
    ]);
  });

  it('is read as curl -F sends it', async () => {
    const body = `${part('sleep', '5')}${part('a', 'é')}--B--\r\n`;
    expect(await read(MULTIPART, body)).to.deep.equal([
      ['sleep', ['5']],
      ['a', ['é']],
    ]);
  });

  it('takes __proto__ for an ordinary name', async () => {
    expect(await read(URLENCODED, '__proto__=x')).to.deep.equal([['__proto__', ['x']]]);
  });

  it('is bounded', async () => {
    const fields = Array.from({ length: 5000 }, (_, n) => `f${n}=x`).join('&');
    expect(await read(URLENCODED, fields)).to.have.length(100);
  });

  const bad: readonly (readonly [string, string | undefined, string])[] = [
    ['no content type', undefined, 'sleep=5'],
    ['JSON', 'application/json', '{"sleep":5}'],
    ['no boundary', 'multipart/form-data', part('sleep', '5')],
    ['parts that do not end', MULTIPART, part('sleep', '5').slice(0, 30)],
    ['parts without a last boundary', MULTIPART, part('sleep', '5')],
    ['nothing where parts are meant', MULTIPART, ''],
  ];
  for (const [what, contentType, body] of bad) {
    it(`is refused with ${what}`, async () => {
      expect(await read(contentType, body)).to.equal('INVALID_ARGUMENT');
    });
  }
});
