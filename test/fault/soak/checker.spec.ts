import { expect } from 'chai';
import { check } from './checker.js';
import type { Failure, SoakEvent } from './events.js';
import { LEADER_STOPPED } from './rules/exclusion.js';
import { holdOf, SampleHistory } from './sample-history.js';

const LOCK = 'lock:a';
const LOST: Failure = { name: 'LockLostError', message: 'the lock was lost' };
const CLOSED: Failure = {
  name: 'SharedLockError',
  code: 'CANCELLED',
  message: 'the client was closed',
};

const brokenBy = (events: readonly SoakEvent[]): string[] => [
  ...new Set(check(events).violations.map(({ rule }) => rule)),
];

/** One takes a lock, writes under it and gives it back; then another one does. A third one watches. */
function clean(): SampleHistory {
  const history = new SampleHistory()
    .add('watcher', { kind: 'watching', watch: 'w', thing: LOCK, fromRevision: 0 })
    .told('w', 'STATE', 1);
  history.granted('one', LOCK, 5).told('w', 'ACQUIRED', 5, '5');
  history.added('one', 'add 1', 1, { thing: LOCK, token: 5 }).released('one', LOCK, 5);
  history.told('w', 'RELEASED', 7, '5', 'RELEASED');
  history.granted('two', LOCK, 8).told('w', 'ACQUIRED', 8, '8');
  return history.added('two', 'add 2', 2, { thing: LOCK, token: 8 });
}

/** The history of `clean`, with one event changed, or left out. */
function changed(
  isMeant: (event: SoakEvent) => boolean,
  change: (event: SoakEvent) => SoakEvent[],
): SoakEvent[] {
  const { events } = clean();
  const found = events.findIndex(isMeant);
  expect(found, 'the event that is changed').to.be.at.least(0);
  return events.flatMap((event, index) => (index === found ? change(event) : [event]));
}

describe('The checker of the soak', () => {
  it('finds nothing in a clean history', () => {
    expect(brokenBy(clean().events)).to.deep.equal([]);
    expect(check(clean().events).counts).to.include({ grants: 2, operations: 5 });
  });

  describe('finds of locks', () => {
    it('a belief that goes on after the next grant', () => {
      const history = clean().believes('one', 5, true);
      expect(brokenBy(history.events)).to.deep.equal(['one holder at a time']);
    });

    it('a belief beyond a grant that only a watch has told of', () => {
      const history = new SampleHistory().granted('one', LOCK, 5);
      history.add('watcher', { kind: 'watching', watch: 'w', thing: LOCK, fromRevision: 4 });
      history.told('w', 'ACQUIRED', 5, '5').told('w', 'RELEASED', 6, '5', 'EXPIRED');
      history.told('w', 'ACQUIRED', 7, '7').believes('one', 5, true);
      expect(brokenBy(history.events)).to.include('one holder at a time');
    });

    it('a belief beyond the end of the hold, of which a watch has told', () => {
      const history = clean().told('w', 'RELEASED', 9, '8', 'RELEASED').believes('two', 8, true);
      expect(brokenBy(history.events)).to.include('one holder at a time');
    });

    it('a signal that aborts only after the next grant, or never', () => {
      for (const isTold of [true, false]) {
        const history = new SampleHistory()
          .granted('one', LOCK, 5)
          .granted('two', LOCK, 8)
          .wait(100);
        if (isTold) history.add('one', { kind: 'aborted', hold: holdOf('one', 5), why: LOST });
        history.believes('one', 5, false);
        expect(brokenBy(history.events)).to.include('signal before succession');
      }
    });

    it('no late signal where the process itself stood still', () => {
      const history = new SampleHistory().granted('one', LOCK, 5).granted('two', LOCK, 8).wait(500);
      history.add('one', { kind: 'stall', ms: 525 });
      history
        .add('one', { kind: 'aborted', hold: holdOf('one', 5), why: LOST })
        .believes('one', 5, false);
      expect(brokenBy(history.events)).not.to.include('signal before succession');
    });

    it('work that goes on under a lock that a closing client gave back', () => {
      const history = new SampleHistory().granted('one', LOCK, 5);
      history
        .add('one', { kind: 'aborted', hold: holdOf('one', 5), why: CLOSED })
        .granted('two', LOCK, 8);
      history.add('one', { kind: 'workEnded', hold: holdOf('one', 5) });
      expect(brokenBy(history.events)).to.deep.equal(['work keeps its lock']);
    });

    it('a token that falls, and one that is given twice', () => {
      for (const token of [4, 5]) {
        const history = new SampleHistory().granted('one', LOCK, 5).released('one', LOCK, 5);
        expect(brokenBy(history.granted('two', LOCK, token).events)).to.include('tokens grow');
      }
    });

    it('a stale fenced write that is accepted', () => {
      const history = clean().added('one', 'add 3', 3, { thing: LOCK, token: 5 });
      expect(brokenBy(history.events)).to.deep.equal(['stale writes are refused']);
    });

    it('what etcd ended early apart, if a watch and a stopped leader prove it', () => {
      for (const [cause, fault, early] of [
        ['EXPIRED', LEADER_STOPPED, 1],
        ['RELEASED', LEADER_STOPPED, 0],
        ['EXPIRED', 'etcd member 0 stopped', 0],
      ] as const) {
        const history = new SampleHistory().granted('one', LOCK, 5);
        history.add('soak', { kind: 'fault', name: fault, ms: 20 });
        history.add('watcher', { kind: 'watching', watch: 'w', thing: LOCK, fromRevision: 5 });
        history.wait(50).told('w', 'RELEASED', 7, '5', cause).granted('two', LOCK, 8);
        const { violations, earlyEnds } = check(history.believes('one', 5, true).events);
        expect({ earlyEnds, isExcused: violations.length === 0 }).to.deep.equal({
          earlyEnds: early,
          isExcused: early === 1,
        });
      }
    });
  });

  describe('finds of values', () => {
    it('an acknowledged addition that is lost', () => {
      const history = clean().done(
        'one',
        { op: 'get', call: 'get', thing: 'counter:c', boundMs: 1000 },
        { value: { number: 1 } },
      );
      expect(brokenBy(history.events)).to.deep.equal(['values follow real time']);
    });

    it('a value that two additions got', () => {
      const history = clean().added('one', 'add 3', 2, { thing: LOCK, token: 8 });
      expect(brokenBy(history.events)).to.include('each write has a value of its own');
    });

    it('an addition that is counted twice', () => {
      const history = clean().added('two', 'add 3', 4);
      expect(brokenBy(history.events)).to.deep.equal(['nothing is counted twice']);
    });

    it('no such thing where an addition has an unknown outcome', () => {
      const history = clean().add('one', {
        kind: 'begin',
        op: 'x',
        call: 'add',
        thing: 'counter:c',
        boundMs: 9e9,
      });
      expect(brokenBy(history.added('two', 'add 3', 4).events)).to.deep.equal([]);
    });

    it('a version that is read with another text', () => {
      const asked = { thing: 'document:d', boundMs: 1000 } as const;
      const history = new SampleHistory();
      history.done('one', { op: '1', call: 'put', text: '1', ...asked }, { value: { number: 0 } });
      history.done('one', { op: '2', call: 'put', text: '2', ...asked }, { value: { number: 1 } });
      const read = { op: '3', call: 'get', ...asked } as const;
      history.done('two', read, { value: { number: 1, text: '1' } });
      expect(brokenBy(history.events)).to.deep.equal(['documents are exact']);
    });
  });

  describe('finds of watches', () => {
    const isReleased = (event: SoakEvent): boolean =>
      event.kind === 'told' && event.told.what === 'RELEASED';

    it('an event that is skipped, which another one was told', () => {
      const history = clean();
      history.add('other', { kind: 'watching', watch: 'v', thing: LOCK, fromRevision: 4 });
      history.told('v', 'ACQUIRED', 5, '5').told('v', 'ACQUIRED', 8, '8');
      expect(brokenBy(history.events)).to.deep.equal(['watches are complete']);
    });

    it('a grant that is skipped, which only its holder knows', () => {
      const events = changed(
        (event) => event.kind === 'told' && event.told.revision === 5,
        () => [],
      );
      expect(brokenBy(events)).to.deep.equal(['watches are complete']);
    });

    it('nothing skipped where a RESYNC says that something may be', () => {
      const history = clean();
      history.add('other', { kind: 'watching', watch: 'v', thing: LOCK, fromRevision: 4 });
      history.told('v', 'RESYNC', 7).told('v', 'ACQUIRED', 8, '8');
      expect(brokenBy(history.events)).to.deep.equal([]);
    });

    it('an event that is told again', () => {
      const events = changed(isReleased, (event) => [event, event]);
      expect(brokenBy(events)).to.deep.equal(['watches tell once']);
    });

    it('an event that the state contains, which was told before', () => {
      const history = clean().told('w', 'RESYNC', 9).told('w', 'RELEASED', 9, '8', 'RELEASED');
      expect(brokenBy(history.events)).to.deep.equal(['watches tell once']);
    });

    it('an event, and a state, of the past', () => {
      expect(brokenBy(clean().told('w', 'QUEUED', 6, 'x').events)).to.include('watches go forward');
      expect(brokenBy(clean().told('w', 'RESYNC', 6).events)).to.include('watches go forward');
    });

    it('a document that is newer than the state which it is told of', () => {
      const history = new SampleHistory();
      history.add('one', { kind: 'watching', watch: 'w', thing: 'document:d', fromRevision: 0 });
      history.told('w', 'PART', 9, 'document:d').told('w', 'SYNCED', 8);
      expect(brokenBy(history.events)).to.deep.equal(['watches go forward']);
    });

    it('a watch that has fallen silent', () => {
      const history = clean().add('soak', {
        kind: 'settle',
        thing: LOCK,
        revision: 9,
        boundMs: 1000,
      });
      expect(brokenBy(history.wait(2000).released('two', LOCK, 8).events)).to.deep.equal([
        'watches arrive',
      ]);
    });

    it('a watch that ends with what is not documented', () => {
      const error = { name: 'SharedLockError', code: 'INTERNAL', message: 'Received RST_STREAM' };
      const history = clean().add('watcher', { kind: 'unwatched', watch: 'w', error });
      expect(brokenBy(history.events)).to.deep.equal(['errors are documented']);
    });
  });

  describe('finds of operations', () => {
    const asked = { op: 'x', call: 'acquire', thing: LOCK, boundMs: 1000 } as const;

    it('one that has not ended, and one that ended late', () => {
      for (const isEnded of [false, true]) {
        const history = clean()
          .add('one', { kind: 'begin', ...asked })
          .wait(5000);
        if (isEnded) history.add('one', { kind: 'end', op: 'x', outcome: 'none' });
        else history.believes('two', 8, true);
        expect(brokenBy(history.events)).to.deep.equal(['nothing hangs']);
      }
    });

    it('one that goes on after its signal has aborted', () => {
      const history = clean().add('one', { kind: 'begin', ...asked, boundMs: 60_000 });
      history.add('one', { kind: 'cancel', op: 'x' }).wait(1000);
      history.add('one', { kind: 'end', op: 'x', outcome: 'cancelled' });
      expect(brokenBy(history.events)).to.deep.equal(['nothing hangs']);
    });

    it('none of a process that was killed, or stood still', () => {
      const killed = clean().add('one', { kind: 'begin', ...asked });
      killed.add('soak', { kind: 'exited', process: 'one', expected: true, how: 'killed' });
      expect(brokenBy(killed.wait(5000).believes('two', 8, true).events)).to.deep.equal([]);
      const stalled = clean()
        .add('one', { kind: 'begin', ...asked })
        .wait(5000);
      stalled.add('one', { kind: 'stall', ms: 4900 });
      stalled.add('one', { kind: 'end', op: 'x', outcome: 'none' });
      expect(brokenBy(stalled.events)).to.deep.equal([]);
    });

    for (const [what, error] of [
      ['a defect', { name: 'SharedLockError', code: 'INTERNAL', message: 'a defect' }],
      [
        'words of the transport',
        { name: 'SharedLockError', code: 'UNAVAILABLE', message: 'GOAWAY' },
      ],
      ['a lease of nobody', { name: 'LeaseLostError', message: 'the lease was lost' }],
      ['any other error', { name: 'TypeError', message: 'undefined is not a function' }],
    ] as const) {
      it(`one that ends with ${what}`, () => {
        const history = new SampleHistory().add('soak', { kind: 'fault', name: 'a cut', ms: 9e9 });
        history.done('one', asked, { outcome: 'error', error });
        expect(brokenBy(history.events)).to.deep.equal(['errors are documented']);
      });
    }

    it('one that is told to be cancelled, and was not', () => {
      const history = new SampleHistory().done('one', asked, { outcome: 'cancelled' });
      expect(brokenBy(history.events)).to.deep.equal(['errors are documented']);
    });

    it('one that fails, and a lock that is lost, where nothing was broken', () => {
      const error = { name: 'SharedLockError', code: 'UNAVAILABLE', message: 'no daemon answers' };
      const failed = new SampleHistory().done('one', asked, { outcome: 'error', error });
      expect(brokenBy(failed.events)).to.deep.equal(['failures have causes']);
      const lost = new SampleHistory().granted('one', LOCK, 5).believes('one', 5, false);
      expect(brokenBy(lost.events)).to.deep.equal(['failures have causes']);
    });
  });

  describe('finds at the end', () => {
    it('what is left', () => {
      const history = clean().add('soak', { kind: 'left', what: 'waiters', count: 1, atMost: 0 });
      expect(brokenBy(history.events)).to.deep.equal(['nothing is left']);
    });

    it('a process that ended by itself, and an error that nobody heard', () => {
      const exited = clean().add('soak', {
        kind: 'exited',
        process: 'x',
        expected: false,
        how: '1',
      });
      expect(brokenBy(exited.events)).to.deep.equal(['processes live']);
      const crashed = clean().add('one', { kind: 'crashed', error: LOST });
      expect(brokenBy(crashed.events)).to.deep.equal(['processes live']);
    });
  });
});
