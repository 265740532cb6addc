import { expect } from 'chai';
import { Principals } from '../../../../src/core/access/principals.js';
import type { Principal } from '../../../../src/core/access/principal.js';
import type { Match } from '../../../../src/core/access/policy.js';

function principals(named: Readonly<Record<string, readonly Match[]>>): Principals {
  return new Principals({
    principals: Object.entries(named).map(([name, matches]) => ({
      name,
      matches,
      aliases: name === 'billing' ? ['invoices'] : [],
      line: 1,
    })),
  });
}

const KNOWN = principals({
  billing: [{ by: 'jwt', value: 'system:serviceaccount:shop:billing' }],
  shop: [{ by: 'jwt', value: 'system:serviceaccount:shop:*' }],
  cluster: [{ by: 'jwt', value: 'system:*' }],
  sre: [{ by: 'jwtGroup', value: 'sre' }],
  ops: [{ by: 'jwtGroup', value: 'sre' }, { by: 'unix' }],
  batch: [{ by: 'san', value: 'spiffe://corp/ns/batch/*' }],
  web: [{ by: 'san', value: 'web.example' }],
});

describe('principals', () => {
  const jwt = (subject: string, groups: readonly string[] = []) =>
    KNOWN.of({ via: 'jwt', subject, groups, expiresAtMs: 7 });

  it('are named by the most exact match', () => {
    expect(jwt('system:serviceaccount:shop:billing').id).to.equal('billing');
    expect(jwt('system:serviceaccount:shop:till').id).to.equal('shop');
    expect(jwt('system:serviceaccount:shop').id).to.equal('cluster');
    expect(jwt('system:serviceaccount:shop:billing').expiresAtMs).to.equal(7);
  });

  it('have an id of their own if the policy does not name them', () => {
    expect(jwt('ann').id).to.equal('jwt:ann');
    const other = KNOWN.of({ via: 'certificate', names: ['other.example'], expiresAtMs: 1 });
    expect(other.id).to.equal('san:other.example');
    expect(principals({}).of({ via: 'unix' }).id).to.equal('unix:');
  });

  it('have the names of their groups, which never say who they are', () => {
    expect(jwt('ann', ['sre', 'unknown'])).to.deep.equal({
      via: 'jwt',
      id: 'jwt:ann',
      groups: ['ops', 'sre'],
      formerIds: [],
      shown: { via: 'jwt', subject: 'ann', groups: ['sre', 'unknown'], expiresAtMs: 7 },
      expiresAtMs: 7,
    });
    expect(jwt('ann', ['Sre']).groups).to.deep.equal([]);
  });

  it('keep what they had under their former ids, and before they were named', () => {
    const former = ({ formerIds }: Principal): readonly string[] => formerIds;
    const subject = 'system:serviceaccount:shop:billing';
    expect(former(jwt(subject))).to.deep.equal([`jwt:${subject}`, 'invoices']);
    const names = ['spiffe://corp/ns/batch/sa/x'];
    const batch = KNOWN.of({ via: 'certificate', names, expiresAtMs: 1 });
    expect(former(batch)).to.deep.equal(['san:spiffe://corp/ns/batch/sa/x']);
    expect(former(KNOWN.of({ via: 'unix' }))).to.deep.equal(['unix:']);
    expect(former(KNOWN.of({ via: 'token', name: 'billing', sha256: '' }))).to.deep.equal([
      'invoices',
    ]);
  });

  it('are known by any name of a certificate', () => {
    const of = (...names: string[]) => KNOWN.of({ via: 'certificate', names, expiresAtMs: 1 }).id;
    expect(of('spiffe://corp/ns/batch/sa/x')).to.equal('batch');
    expect(of('spiffe://corp/ns/batch')).to.equal('san:spiffe://corp/ns/batch');
    expect(of('a.example', 'web.example')).to.equal('web');
    expect(of('WEB.example')).to.equal('san:WEB.example');
  });

  it('are known by a static token, by a Unix socket, or are anonymous', () => {
    expect(KNOWN.of({ via: 'token', name: 'ci', sha256: '' }).id).to.equal('ci');
    expect(KNOWN.of({ via: 'unix' }).id).to.equal('ops');
    expect(KNOWN.of({ via: 'none' }).id).to.equal('anonymous');
  });
});
