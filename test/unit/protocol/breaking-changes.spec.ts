import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';

const RELEASE = 'scripts/api-0.1.0.binpb';

interface Change {
  readonly what: string;
  readonly file: string;
  readonly from: string | RegExp;
  readonly to: string;
  /** What is said of it. */
  readonly says: RegExp;
}

/** Each of another thing, so that they can be tried together. */
const BREAKING: readonly Change[] = [
  {
    what: 'a field that is gone',
    file: 'lock',
    from: '  string owner = 8;\n',
    to: '',
    says: /field "8".*"owner".*AcquireRequest/,
  },
  {
    what: 'a field with another number',
    file: 'lock',
    from: 'string value = 9;',
    to: 'string value = 90;',
    says: /field "9".*"value".*AcquireRequest/,
  },
  {
    what: 'a field of another type',
    file: 'counter',
    from: 'int64 delta = 2;',
    to: 'string delta = 2;',
    says: /"delta".*type/,
  },
  {
    what: 'a field that is there many times',
    file: 'lease',
    from: 'string owner = 4;',
    to: 'repeated string owner = 4;',
    says: /"owner".*cardinality/,
  },
  {
    what: 'a value of an enum that is gone',
    file: 'types',
    from: /\n {2}SEMAPHORE = 2;/,
    to: '',
    says: /value "2"/,
  },
  {
    what: 'a method that is gone',
    file: 'lock',
    from: /rpc CheckToken[^]*?\n {2}\}\n/,
    to: '',
    says: /RPC "CheckToken"/,
  },
  {
    what: 'a method that became a stream',
    file: 'lock',
    from: 'returns (AcquireResponse)',
    to: 'returns (stream AcquireResponse)',
    says: /"Acquire".*stream/,
  },
  {
    what: 'a route by another verb',
    file: 'lock',
    from: 'post: "/v1/locks/{name}:release"',
    to: 'put: "/v1/locks/{name}:release"',
    says: /^post \/v1\/locks\/\{name\}:release led to .*LockService\/Release.*it is gone$/m,
  },
  {
    what: 'a route with another body',
    file: 'election',
    from: /(:resign"\n\s*body: )"\*"/,
    to: '$1"term"',
    says: /^post \/v1\/elections\/\{name\}:resign led to /m,
  },
];

const NEW: Omit<Change, 'what' | 'says'> = {
  file: 'lock',
  from: 'service LockService {',
  to: `message NewRequest {
  string name = 1;
}
service LockService {
  rpc New(NewRequest) returns (Lock) {
    option (google.api.http) = {get: "/v1/new"};
  }`,
};

describe('What npm run check says of the API', function () {
  this.timeout(60_000);
  const folders: string[] = [];

  after(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  /** The .proto files with these changes. */
  function changed(changes: readonly Omit<Change, 'what' | 'says'>[]): string {
    const folder = mkdtempSync(join(tmpdir(), 'shared-lock-proto-'));
    folders.push(folder);
    cpSync('proto', folder, { recursive: true });
    for (const { file, from, to } of changes) {
      const path = join(folder, 'sharedlock/v1', `${file}.proto`);
      const before = readFileSync(path, 'utf8');
      const after = before.replace(from, to);
      expect(after).not.to.equal(before);
      writeFileSync(path, after);
    }
    return folder;
  }

  context('of what breaks callers', () => {
    let outcome: Outcome;

    before(() => {
      outcome = check(changed(BREAKING));
    });

    it('fails', () => {
      expect(outcome.codes).to.deep.equal([100, 1]);
    });

    for (const { what, says } of BREAKING) {
      it(`names ${what}`, () => {
        expect(outcome.said).to.match(says);
      });
    }
  });

  it('takes a message, a method and a route that are new', () => {
    const { codes, said } = check(changed([NEW]));
    expect(codes, said).to.deep.equal([0, 0]);
  });
});

interface Outcome {
  readonly codes: readonly (number | null)[];
  readonly said: string;
}

/** As `scripts/check.mjs` does. */
function check(folder: string): Outcome {
  const buf = ['node_modules/.bin/buf', 'breaking', folder, '--against', RELEASE];
  const routes = [process.execPath, 'scripts/check-routes.mjs', RELEASE, folder];
  const results = [buf, routes].map(([program = '', ...words]) =>
    spawnSync(program, words, { encoding: 'utf8' }),
  );
  return {
    codes: results.map(({ status }) => status),
    said: results.map(({ stdout, stderr }) => `${stdout}${stderr}`).join('\n'),
  };
}
