import { expect } from 'chai';
import { SystemClock } from '../../../src/clock/system-clock.js';
import { CallScope } from '../../../src/server/handlers/call-scope.js';
import type { Subject } from '../../../src/server/handlers/subject.js';
import type { PlainRoute } from '../../../src/server/http/answer.js';
import { configApiRoutes } from '../../../src/server/http/legacy/config-api.js';
import { configCacheRoutes } from '../../../src/server/http/legacy/config-cache.js';
import { MemoryStore } from '../../../src/store/memory/memory-store.js';
import { startDaemon, type TestDaemon } from '../../support/services.js';

describe('the routes of the config services', () => {
  let store: MemoryStore;
  let daemon: TestDaemon;

  before(() => {
    const clock = new SystemClock();
    store = new MemoryStore({ clock });
    daemon = startDaemon(store, clock);
  });

  after(async () => {
    await daemon.stop();
    await store.close();
  });

  /** What the access log is told. */
  const subjectsOf = async (
    { handle }: PlainRoute,
    asked: { readonly query?: string; readonly rest?: string },
  ): Promise<Subject[]> => {
    const subjects: Subject[] = [];
    await handle({
      ...{ headers: {}, contentType: undefined, remoteAddress: '127.0.0.1' },
      ...{ query: '', rest: '', body: Buffer.from('{"service":"web"}') },
      ...asked,
      call: new CallScope('http', '127.0.0.1:1').call,
      about: (subject) => subjects.push(subject),
    });
    return subjects;
  };

  it('tell the access log which document it is, whatever is done', async () => {
    for (const route of configApiRoutes(daemon.configs, () => '')) {
      const subjects = await subjectsOf(route, { query: 'service=web' });
      expect(subjects, route.method).to.deep.equal([{ name: 'config-api/web' }]);
    }
    for (const route of configCacheRoutes(daemon.configs, () => '')) {
      const subjects = await subjectsOf(route, { rest: 'app/limits' });
      expect(subjects, route.method).to.deep.equal([{ name: 'config-cache/app/limits' }]);
    }
  });
});
