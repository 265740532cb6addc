import { expect } from 'chai';
import { absent, exactly } from '../../src/store/store.js';
import { newLeaseId, put, type Subject } from './subject.js';

export function concurrencyContract(subject: Subject): void {
  describe('concurrent transactions', () => {
    it('that put a key if it is absent have one winner', async () => {
      const key = subject.key('lock');
      const outcomes = await Promise.all(
        Array.from({ length: 100 }, (_, i) =>
          subject.store.transact({
            resource: key,
            compare: [absent(exactly(key))],
            then: [put(key, `${i}`)],
            else: [],
          }),
        ),
      );
      const winners = outcomes.flatMap((outcome, i) => (outcome.succeeded ? [`${i}`] : []));
      expect(winners).to.have.length(1);
      expect((await subject.get('lock'))?.value).to.equal(winners[0]);
    });

    it('that count by compare and set lose no count', async () => {
      const key = subject.key('counter');
      await subject.put('counter', '0');
      const increment = async (): Promise<void> => {
        for (;;) {
          const entry = await subject.get('counter');
          const outcome = await subject.store.transact({
            resource: key,
            compare: [
              {
                range: exactly(key),
                target: 'mod',
                is: '=',
                operand: entry?.modRevision ?? 0,
              },
            ],
            then: [put(key, `${Number(entry?.value) + 1}`)],
            else: [],
          });
          if (outcome.succeeded) return;
        }
      };
      const worker = async (): Promise<void> => {
        for (let i = 0; i < 10; i++) await increment();
      };
      await Promise.all(Array.from({ length: 8 }, worker));
      expect(await subject.get('counter')).to.include({ value: '80', version: 81 });
    });

    it('never share a revision if they write the same key', async () => {
      const outcomes = await Promise.all(
        Array.from({ length: 50 }, (_, i) => subject.put('a', `${i}`)),
      );
      expect(new Set(outcomes.map((outcome) => outcome.revision)).size).to.equal(50);
    });

    it('are refused alone if they name a lease that has ended', async () => {
      const ended = newLeaseId();
      const results = await Promise.allSettled(
        Array.from({ length: 50 }, (_, i) => {
          const key = subject.key(`own${i}`);
          const then = [put(key, '', i === 20 ? ended : undefined)];
          return subject.store.transact({ resource: key, compare: [], then, else: [] });
        }),
      );
      const refused = results.flatMap(({ status }, i) => (status === 'rejected' ? [i] : []));
      expect(refused).to.deep.equal([20]);
      expect(await subject.get('own19')).to.include({ version: 1 });
      expect(await subject.get('own20')).to.equal(undefined);
    });

    it('and revocations leave no key of an ended lease', async () => {
      const rounds = Array.from({ length: 30 }, async (_, i) => {
        const lease = await subject.grant();
        await Promise.allSettled([subject.put(`k${i}`, '', lease), subject.store.revoke(lease)]);
        expect(await subject.get(`k${i}`)).to.equal(undefined);
      });
      await Promise.all(rounds);
    });
  });
}
