import { expect } from 'chai';
import { readPolicy } from '../../../src/access/read-policy.js';
import { AccessRules } from '../../../src/core/access/access-rules.js';
import { lintPolicy } from '../../../src/core/access/lint-policy.js';
import { Principals } from '../../../src/core/access/principals.js';
import type { Shown } from '../../../src/core/access/principal.js';
import type { Kind, Verb } from '../../../src/core/access/vocabulary.js';
import { sharedPolicy, textOf, yamlFiles } from '../../support/manifests.js';

const FOLDER = 'deployment/policies';
const POLICIES: readonly (readonly [string, string])[] = [
  ...yamlFiles(FOLDER).map((file) => [file, textOf(file)] as const),
  ['deployment/kubernetes/shared.yaml', sharedPolicy()],
];

const UNIX: Shown = { via: 'unix' };
const NOTHING: Shown = { via: 'none' };

function account(namespace: string, name: string): Shown {
  const subject = `system:serviceaccount:${namespace}:${name}`;
  return { via: 'jwt', subject, groups: [], expiresAtMs: Infinity };
}

function certificate(name: string): Shown {
  return { via: 'certificate', names: [name], expiresAtMs: Infinity };
}

/** Whether somebody may, by a policy. */
function mayBy(text: string): (shown: Shown, verb: Verb, on: string) => boolean {
  const policy = readPolicy(text);
  const [rules, principals] = [new AccessRules(policy), new Principals(policy)];
  return (shown, verb, on) => {
    const [, kind = '', name = '', star = ''] = /^(\w+):?([^*]*)(\*?)$/.exec(on) ?? [];
    const target = { kind: kind as Kind, name, isPrefix: star !== '' };
    return rules.decide(principals.of(shown), verb, target).allowed;
  };
}

describe('the policies for deployments', () => {
  for (const [file, text] of POLICIES) {
    it(`are fine: ${file}`, () => {
      expect(lintPolicy(readPolicy(text))).to.deep.equal([]);
    });

    it(`let Prometheus in, and nobody else who is not known: ${file}`, () => {
      const may = mayBy(text);
      expect(may(NOTHING, 'metrics', 'daemon')).to.equal(true);
      expect(may(NOTHING, 'acquire', 'lock:singleton-worker')).to.equal(false);
      expect(may(account('default', 'unknown'), 'read', 'lock:singleton-worker')).to.equal(false);
    });
  }

  it('let the app of a sidecar have its own names, and force nothing', () => {
    const may = mayBy(textOf(`${FOLDER}/sidecar.yaml`));
    expect(may(UNIX, 'acquire', 'lock:singleton-worker')).to.equal(true);
    expect(may(UNIX, 'write', 'counter:singleton-worker')).to.equal(true);
    expect(may(UNIX, 'acquire', 'lock:another')).to.equal(false);
    expect(may(UNIX, 'forceRelease', 'lock:singleton-worker')).to.equal(false);
  });

  it('keep two teams apart', () => {
    const may = mayBy(textOf(`${FOLDER}/two-teams.yaml`));
    const [payments, search] = [account('payments', 'api'), account('search-batch', 'nightly')];
    expect(may(payments, 'acquire', 'lock:payments/a')).to.equal(true);
    expect(may(search, 'acquire', 'lock:search/a')).to.equal(true);
    for (const [who, other] of [
      [payments, 'search'],
      [search, 'payments'],
    ] as const) {
      for (const on of [`lock:${other}/a`, `election:${other}/a`, `config:${other}/a`]) {
        expect(may(who, 'read', on), on).to.equal(false);
      }
      expect(may(who, 'forceRelease', 'lock:payments/a')).to.equal(false);
      expect(may(who, 'listAll', 'lock:*')).to.equal(false);
    }
    // What looks like a namespace of theirs and is none.
    expect(may(account('payments-test', 'api'), 'read', 'lock:payments/a')).to.equal(false);
    expect(may(account('search', 'api'), 'schema', 'config:search/a')).to.equal(true);
    expect(may(payments, 'write', 'config:payments/a')).to.equal(false);
    const indexer = certificate('spiffe://example.com/search/indexer/7');
    expect(may(indexer, 'acquire', 'lock:search/a')).to.equal(true);
    expect(
      may(certificate('spiffe://example.org/search/indexer/7'), 'read', 'lock:search/a'),
    ).to.equal(false);
  });

  it('leave to the ledger what is its own', () => {
    const may = mayBy(textOf(`${FOLDER}/two-teams.yaml`));
    const [ledger, operator] = [
      account('payments', 'ledger'),
      account('operations', 'shared-lock'),
    ];
    expect(may(ledger, 'acquire', 'lock:payments/ledger/a')).to.equal(true);
    expect(may(account('payments', 'api'), 'read', 'lock:payments/ledger/a')).to.equal(false);
    expect(may(operator, 'forceRelease', 'lock:payments/a')).to.equal(true);
    expect(may(operator, 'forceRelease', 'lock:payments/ledger/a')).to.equal(false);
    expect(may(operator, 'listAll', 'lock:*')).to.equal(true);
  });
});
