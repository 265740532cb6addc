import { expect } from 'chai';
import { KnownSessions } from '../../../src/service/lease/known-sessions.js';
import type { LeaseRecord } from '../../../src/service/lease/record.js';
import { RecentGrants } from '../../../src/service/lock/state/recent-grants.js';
import { UNKNOWN_LEASE as lease } from '../../support/services.js';

const RECORD: LeaseRecord = {
  key: '',
  kind: 'lock',
  owner: 'o'.repeat(1024),
  labels: new Map([['team', 'x'.repeat(256)]]),
  ttlSeconds: 10,
  createdAtMs: 1,
  principal: 'me',
};

describe('What a daemon remembers of many leases', () => {
  const brief = { ...RECORD, owner: '', labels: new Map() };

  it('is not what their callers wrote into them: of sessions', () => {
    const sessions = new KnownSessions();
    sessions.found(lease, RECORD);
    expect(sessions.find(lease)).to.deep.equal(brief);
  });

  it('is not what their callers wrote into them: of those that hold locks', () => {
    const holds = new RecentGrants();
    const recorded = { lease, record: { ...RECORD, key: 'a' }, recordRevision: 3 };
    holds.granted('a', { key: '/a', token: 5, acquiredAtMs: 1, recorded });
    expect(holds.find('a', lease, 5)).to.deep.equal({
      ...{ key: '/a', token: 5, acquiredAtMs: 1 },
      recorded: { lease, record: { ...brief, key: 'a' }, recordRevision: 3 },
    });
    expect(holds.find('a', lease, 4)).to.equal(undefined);
    holds.forget('a', lease);
    expect(holds.find('a', lease, 0)).to.equal(undefined);
  });
});
