import { expect } from 'chai';
import { profileRoutes } from '../../../src/daemon/profiles.js';
import { isFault } from '../../../src/core/errors.js';
import { ProcessProfiler } from '../../../src/telemetry/pprof/profiler.js';

describe('the routes of profiles', () => {
  let profiler: ProcessProfiler;

  before(async () => {
    profiler = await ProcessProfiler.start();
  });
  after(() => {
    profiler.stop();
  });

  /** @returns the status, or the code of the fault. */
  async function heap(remoteAddress: string, headers: Record<string, string>): Promise<unknown> {
    const route = profileRoutes(profiler).find(({ path }) => path === '/debug/pprof/heap');
    const call = {
      wire: 'http',
      peer: remoteAddress,
      signal: new AbortController().signal,
    } as const;
    const request = { contentType: undefined, rest: '', query: '', body: Buffer.alloc(0), call };
    try {
      return (await route?.handle({ ...request, headers, remoteAddress }))?.status;
    } catch (error) {
      return isFault(error) ? error.code : error;
    }
  }

  it('answer callers on this machine, and nobody else', async () => {
    expect(await heap('127.0.0.1', {})).to.equal(200);
    expect(await heap('::1', { 'sec-fetch-site': 'none' })).to.equal(200);
    expect(await heap('10.0.0.1', {})).to.equal('PERMISSION_DENIED');
  });

  it('answer no link of a page of another site', async () => {
    for (const site of ['cross-site', 'same-site']) {
      expect(await heap('127.0.0.1', { 'sec-fetch-site': site })).to.equal('PERMISSION_DENIED');
    }
  });
});
