import { expect } from 'chai';
import { CommandFailure, failureOf } from '../../../src/cli/client/failure.js';
import { Interrupted, interruptible } from '../../../src/cli/client/interrupt.js';
import { LeaseLostError, NotAcquiredError, SharedLockError } from '../../../src/client/errors.js';
import { Fault } from '../../../src/core/errors.js';
import type { FaultCode } from '../../../src/core/errors.js';
import type { LossCause } from '../../../src/core/lease-state.js';

const call = (code: FaultCode): SharedLockError => new SharedLockError(new Fault(code, code));
const lost = (why: LossCause): LeaseLostError => new LeaseLostError('the lease', why);

/** What `using` throws if the work failed, and then its end did. */
const suppressed = (first: unknown): Error =>
  Object.assign(new Error('both'), {
    name: 'SuppressedError',
    error: call('INTERNAL'),
    suppressed: first,
  });

describe('what a command ends with when something fails', () => {
  const cases: readonly (readonly [string, unknown, number | undefined])[] = [
    ['no daemon', call('UNAVAILABLE'), 69],
    ['a client that was closed', call('CANCELLED'), 75],
    ['a lock that others hold', new NotAcquiredError('x', 'lock "x"', []), 75],
    ['a lease of a wait that could not be renewed', lost({ kind: 'UNREACHABLE', lateMs: 0 }), 69],
    ['a lease of a wait that was revoked', lost({ kind: 'REVOKED' }), 75],
    ['no daemon, and nothing could be given back', suppressed(call('UNAVAILABLE')), 69],
    [
      'a system that starts no more processes',
      Object.assign(new Error('spawn EAGAIN'), { errno: -11, syscall: 'spawn' }),
      71,
    ],
    ['what the command itself said', new CommandFailure(64, 'which lease?'), 64],
    ['a defect', new TypeError('x is not a function'), undefined],
    ['a defect, and nothing could be given back', suppressed(new TypeError('x')), undefined],
    ['something that is no error', 'oh', undefined],
  ];
  for (const [what, error, exitCode] of cases) {
    it(`${String(exitCode ?? 'nothing that was foreseen')}: ${what}`, () => {
      expect(failureOf(error)?.exitCode).to.equal(exitCode);
    });
  }
});

describe('what a command says when something fails', () => {
  it('says how to tell who calls, where a daemon wants to know', () => {
    const reason = { reason: 'CREDENTIALS_MISSING' };
    const error = new SharedLockError(new Fault('UNAUTHENTICATED', 'send a token', reason));
    expect(failureOf(error)?.message).to.match(/^send a token, with --token-file/);
  });
});

describe('a command that a signal ends', () => {
  const endedBy = async (thrown: unknown): Promise<unknown> =>
    interruptible(async (signal) => {
      process.emit('SIGHUP', 'SIGHUP');
      expect(signal.aborted).to.equal(true);
      throw thrown;
    }).catch((error: unknown) => error);

  it('ends by it, whatever its work makes of that', async () => {
    for (const error of [call('CANCELLED'), lost({ kind: 'ENDED' })]) {
      expect(await endedBy(error))
        .to.be.an.instanceOf(Interrupted)
        .with.property('exitCode', 129);
    }
  });

  it('hides no defect', async () => {
    const defect = new TypeError('oh');
    expect(await endedBy(defect)).to.equal(defect);
  });
});
