import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { checkDataFile } from '../../../src/store/embedded/data-file.js';
import { RowDatabase, TABLE_NAMES, type RowWrite } from '../../../src/store/embedded/database.js';
import { randomOf } from '../../support/damage.js';

const TABLES = new Set(Object.values(TABLE_NAMES));
const ROUNDS = 150;

describe('checkPages', function () {
  this.timeout(60_000);
  let folder: string;
  let database: RowDatabase;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sl-pages-'));
    database = new RowDatabase(folder);
  });
  afterEach(async () => {
    await database.close();
    await rm(folder, { recursive: true });
  });

  const check = (): void => {
    checkDataFile(folder, TABLES);
  };

  it('accepts an empty database', check);

  for (const seed of [1, 2, 3]) {
    it(`accepts whatever ${ROUNDS} commits of all sizes leave, with seed ${seed}`, async () => {
      const random = randomOf(seed);
      const rows = new Set<number>();
      let next = 1;
      const size = (): number => [40, 300, 2500, 30_000][Math.max(0, random(8) - 4)] ?? 0;
      for (let round = 0; round < ROUNDS; round++) {
        const writes = new Map<number, RowWrite>();
        const put = (row: number): void => {
          rows.add(row);
          writes.set(row, { table: 'entry', row, record: Buffer.alloc(size() + random(50), row) });
        };
        const deletes = random(4) === 0 ? 2 : 6;
        for (let each = random(4) === 0 ? 300 : 10; each > 0; each--) {
          const known = [...rows][random(Math.max(1, rows.size))];
          if (known === undefined || random(3) === 0) put(next++);
          else if (random(10) < deletes) put(known);
          else {
            rows.delete(known);
            writes.set(known, { table: 'entry', row: known, record: undefined });
          }
        }
        await database.commit([...writes.values()]);
        if (random(30) === 0) {
          await database.close();
          database = new RowDatabase(folder);
        }
        check();
      }
      expect([...database.rows('entry')]).to.have.length(rows.size);
    });
  }

  it('refuses a table that is not known', async () => {
    await database.commit([{ table: 'entry', row: 1, record: Buffer.from('x') }]);
    expect(() => {
      checkDataFile(folder, new Set(['entries']));
    }).to.throw('list of tables');
  });
});
