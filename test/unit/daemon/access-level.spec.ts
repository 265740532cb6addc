import { expect } from 'chai';
import { accessLevel } from '../../../src/daemon/access-level.js';

describe('the level of an access line', () => {
  for (const [method, code, level] of [
    ['sharedlock.v1.LockService/Acquire', 'OK', 'info'],
    ['sharedlock.v1.LockService/Acquire', 'NOT_FOUND', 'info'],
    ['sharedlock.v1.LockService/Acquire', 'UNAVAILABLE', 'warn'],
    ['sharedlock.v1.LockService/Acquire', 'INTERNAL', 'error'],
    ['GET /readyz', 'OK', 'debug'],
    ['GET /readyz', 'UNAVAILABLE', 'debug'],
    ['HEAD /metrics', 'OK', 'debug'],
    ['GET /metrics', 'INTERNAL', 'error'],
    ['grpc.health.v1.Health/Check', 'OK', 'debug'],
    ['POST /lease', 'OK', 'info'],
  ] as const) {
    it(`is ${level} for ${code} of ${method}`, () => {
      expect(accessLevel({ method, code })).to.equal(level);
    });
  }
});
