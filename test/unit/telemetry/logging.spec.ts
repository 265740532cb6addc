import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { LogFile } from '../../../src/telemetry/log-file.js';
import { createLogging, type LoggingOptions } from '../../../src/telemetry/logging.js';
import { redact } from '../../../src/telemetry/redact.js';

interface Line {
  readonly level: string;
  readonly msg: string;
  readonly [field: string]: unknown;
}

class Output {
  readonly lines: Line[] = [];
  write(line: string): void {
    // Each line is an object with these members by the logger's own contract, which the tests check.
    this.lines.push(JSON.parse(line) as Line);
  }
  flushSync(): void {
    // Nothing is buffered.
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe('the logger', () => {
  const open = (
    options: Partial<LoggingOptions> = {},
  ): { logging: ReturnType<typeof createLogging>; output: Output } => {
    const output = new Output();
    return {
      output,
      logging: createLogging({ level: 'info', files: undefined, output, ...options }),
    };
  };

  it('writes a line of JSON with level, ISO time, message and fields', () => {
    const { logging, output } = open();
    logging.logger.info('hello', { port: 1 });
    const [line] = output.lines;
    expect(line).to.include({ level: 'info', msg: 'hello', port: 1 });
    expect(line?.time).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(line).not.to.have.any.keys('pid', 'hostname');
  });

  it('keeps what is below its level to itself', () => {
    const { logging, output } = open({ level: 'warn' });
    logging.logger.info('a');
    logging.logger.warn('b');
    expect(output.lines.map((line) => line.msg)).to.deep.equal(['b']);
  });

  it('writes an error with its stack', () => {
    const { logging, output } = open();
    logging.logger.error('failed', { err: new Error('reason') });
    expect(output.lines[0]?.err).to.include({ message: 'reason' }).and.to.have.property('stack');
  });

  it('strikes out lease IDs, however they are spelled and however deep', () => {
    const { logging, output } = open();
    logging.logger.info('x', {
      leaseId: '1234567',
      request: { lease_id: '1234567', grant_request_id: '1234567', list: [{ LeaseID: '1234567' }] },
      map: new Map([['leaseId', '1234567']]),
    });
    expect(JSON.stringify(output.lines)).not.to.contain('1234567');
  });

  it('survives a value that contains itself', () => {
    const loop: Record<string, unknown> = { leaseId: 7 };
    loop.self = loop;
    expect(JSON.stringify(redact({ loop }))).to.contain('******');
  });

  context('when a folder is set', () => {
    let dir: string;
    beforeEach(() => {
      dir = mkdtempSync(join(tmpdir(), 'shared-lock-log-'));
    });
    afterEach(() => {
      rmSync(dir, { recursive: true, force: true });
    });
    const messages = (name: string): string[] =>
      readFileSync(join(dir, name), 'utf8')
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => (JSON.parse(line) as Line).msg);

    it('writes messages to app.log and requests to access.log, and both to the output', async () => {
      const { logging, output } = open({ files: { dir, maxBytes: 1e6, backupCount: 1 } });
      logging.logger.info('message');
      logging.access('info', { method: 'GET /readyz' });
      await logging.close();
      expect(messages('app.log')).to.deep.equal(['message']);
      expect(messages('access.log')).to.deep.equal(['request']);
      expect(output.lines.map((line) => line.msg)).to.deep.equal(['message', 'request']);
    });

    it('writes to the files alone what is not for the output', async () => {
      const { logging, output } = open({ files: { dir, maxBytes: 1e6, backupCount: 1 } });
      logging.filesOnly.error('quietly');
      await logging.close();
      expect(output.lines).to.deep.equal([]);
      expect(readFileSync(join(dir, 'app.log'), 'utf8')).to.contain('quietly');
    });

    it('makes the folder', async () => {
      const files = { dir: join(dir, 'a', 'b'), maxBytes: 1e6, backupCount: 1 };
      const { logging } = open({ files });
      logging.logger.info('message');
      await logging.close();
      expect(existsSync(join(dir, 'a', 'b', 'app.log'))).to.equal(true);
    });

    it('rotates by size, and keeps the newest in .1', async () => {
      const file = new LogFile({
        ...{ dir, name: 'app.log', maxBytes: 122, backupCount: 2, report: () => undefined },
      });
      for (let i = 0; i < 10; i++) file.write(`${String(i).repeat(60)}\n`);
      await file.close();
      expect(readdirSync(dir).sort()).to.deep.equal(['app.log', 'app.log.1', 'app.log.2']);
      expect(readFileSync(join(dir, 'app.log.1'), 'utf8')).to.match(/^6{60}\n7{60}\n$/);
      expect(readFileSync(join(dir, 'app.log.2'), 'utf8')).to.match(/^4{60}\n5{60}\n$/);
    });

    it('never makes a file longer than it may be, and loses no line', async () => {
      const maxBytes = 1000;
      writeFileSync(join(dir, 'app.log'), `${'x'.repeat(900)}\n`);
      const options = { dir, name: 'app.log', maxBytes, backupCount: 200 };
      const lines = Array.from({ length: 150 }, (_, i) => `${i} ${'é'.repeat((i * 7919) % 490)}\n`);
      const logFile = new LogFile({ ...options, report: () => undefined });
      for (const [index, line] of lines.entries()) {
        logFile.write(line);
        if (index % 20 === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await logFile.close();
      const number = (name: string): number => Number(name.split('.')[2] ?? 0);
      const names = readdirSync(dir).sort((a, b) => number(b) - number(a));
      const texts = names.map((name) => readFileSync(join(dir, name)));
      expect(Math.max(...texts.map((text) => text.length))).to.be.within(maxBytes - 100, maxBytes);
      expect(texts.join('')).to.equal(`${'x'.repeat(900)}\n${lines.join('')}`);
    });

    it('drops a line that is longer than a file may be, and says so', async () => {
      const reports: unknown[] = [];
      const file = new LogFile({
        ...{ dir, name: 'app.log', maxBytes: 1000, backupCount: 1 },
        report: (_, fields) => reports.push(fields.lines),
      });
      file.write(`${'x'.repeat(1000)}\n`);
      file.write(`${'y'.repeat(999)}\n`);
      await file.close();
      expect(readFileSync(join(dir, 'app.log'), 'utf8')).to.equal(`${'y'.repeat(999)}\n`);
      expect(reports).to.deep.equal([1]);
    });

    it('drops what waits when the file can not be moved away, and goes on in it later', async () => {
      const reports: string[] = [];
      mkdirSync(join(dir, 'app.log.1', 'not empty'), { recursive: true });
      const file = new LogFile({
        ...{ dir, name: 'app.log', maxBytes: 100, backupCount: 1 },
        report: (message) => reports.push(message),
      });
      for (const letter of 'abc') file.write(`${letter.repeat(60)}\n`);
      while (reports.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
      rmSync(join(dir, 'app.log.1'), { recursive: true });
      file.reopen();
      file.write(`${'d'.repeat(60)}\n`);
      await file.close();
      expect(readFileSync(join(dir, 'app.log.1'), 'utf8')).to.match(/^a{60}\n$/);
      expect(readFileSync(join(dir, 'app.log'), 'utf8')).to.match(/^d{60}\n$/);
    });

    it('goes on after a start with a file that is there', async () => {
      writeFileSync(join(dir, 'app.log'), 'old\n');
      const file = new LogFile({
        ...{ dir, name: 'app.log', maxBytes: 100, backupCount: 2, report: () => undefined },
      });
      file.write('new\n');
      await file.close();
      expect(readFileSync(join(dir, 'app.log'), 'utf8')).to.equal('old\nnew\n');
    });

    it('reports a file that can not be written, goes on, and writes again once it can', async () => {
      const blocked = join(dir, 'blocked');
      writeFileSync(blocked, 'a file where the folder should be');
      const reports: string[] = [];
      let report = (): void => undefined;
      const reported = new Promise<void>((resolve) => {
        report = resolve;
      });
      const file = new LogFile({
        ...{ dir: blocked, name: 'app.log', maxBytes: 1e6, backupCount: 1, retryMs: 20 },
        report: (message) => {
          reports.push(message);
          report();
        },
      });
      file.write('lost\n');
      await reported;
      rmSync(blocked);
      const written = join(blocked, 'app.log');
      while (!existsSync(written) || readFileSync(written).length === 0) {
        file.write('again\n');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      file.write('last\n');
      await file.close();
      expect(reports[0]).to.contain('a log file failed');
      expect(readFileSync(written, 'utf8')).to.match(/again\nlast\n$/);
    });

    it('names a folder that can not be made, and can be closed all the same', async () => {
      const reports: unknown[] = [];
      const file = new LogFile({
        ...{ dir: '/proc/shared-lock', name: 'app.log', maxBytes: 1e6, backupCount: 1 },
        report: (_, fields) => reports.push(fields),
      });
      file.write('lost\n');
      await file.close();
      const reason = "the folder /proc/shared-lock can't be made: ENOENT";
      expect(reports).to.deep.equal([{ file: '/proc/shared-lock/app.log', reason }]);
    });

    it('goes on in a new file when somebody has moved it away, and loses no line', async () => {
      const file = new LogFile({
        ...{ dir, name: 'app.log', maxBytes: 1e6, backupCount: 1, report: () => undefined },
      });
      const [written, moved] = [join(dir, 'app.log'), join(dir, 'moved')];
      file.write('1\n');
      while (!existsSync(written)) await new Promise((resolve) => setTimeout(resolve, 5));
      renameSync(written, moved);
      file.write('2\n');
      file.reopen();
      file.write('3\n');
      file.reopen();
      file.write('4\n');
      await file.close();
      expect(readFileSync(moved, 'utf8')).to.equal('1\n2\n');
      expect(readFileSync(written, 'utf8')).to.equal('3\n4\n');
    });

    it('keeps no more lines than its buffer takes while it is opened again', async () => {
      const file = new LogFile({
        ...{ dir, name: 'app.log', maxBytes: 1e9, backupCount: 1, bufferBytes: 1000 },
        report: () => undefined,
      });
      file.reopen();
      for (let i = 0; i < 100; i++) file.write(`${'x'.repeat(99)}\n`);
      await file.close();
      expect(readFileSync(join(dir, 'app.log')).length).to.be.within(1000, 1100);
    });

    for (const [when, reopens] of [
      ['while it fails', true],
      ['after it has failed', false],
    ] as const) {
      it(`tries a file that failed at once when it is opened again, ${when}`, async () => {
        const blocked = join(dir, 'blocked');
        writeFileSync(blocked, 'a file where the folder should be');
        let failed = (): void => undefined;
        const failure = new Promise<void>((resolve) => {
          failed = resolve;
        });
        const reopen = (): void => {
          rmSync(blocked);
          file.reopen();
          file.write('again\n');
        };
        const file: LogFile = new LogFile({
          ...{ dir: blocked, name: 'app.log', maxBytes: 1e6, backupCount: 1 },
          report: (message) => {
            if (!message.includes('failed')) return;
            if (reopens) reopen();
            failed();
          },
        });
        await failure;
        await new Promise((resolve) => setTimeout(resolve, 20));
        if (!reopens) reopen();
        file.write('later\n');
        await file.close();
        expect(readFileSync(join(blocked, 'app.log'), 'utf8')).to.equal('again\nlater\n');
      });
    }

    it('says at its end what it dropped since it said so last', async () => {
      const reports: unknown[] = [];
      const file = new LogFile({
        ...{ dir, name: 'app.log', maxBytes: 1e9, backupCount: 1, bufferBytes: 1000 },
        report: (_, fields) => reports.push(fields.lines),
      });
      for (let i = 0; i < 100; i++) file.write(`${'x'.repeat(99)}\n`);
      await file.close();
      expect(reports).to.deep.equal([89]);
    });

    it('drops lines, and says so, when the disk is slower than the program', async () => {
      const reports: unknown[] = [];
      const file = new LogFile({
        ...{ dir, name: 'app.log', maxBytes: 1e9, backupCount: 1, bufferBytes: 1000 },
        report: (_, fields) => reports.push(fields.lines),
      });
      for (let i = 0; i < 100; i++) file.write(`${'x'.repeat(99)}\n`);
      const written = join(dir, 'app.log');
      while (!existsSync(written) || readFileSync(written).length < 1000) {
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      // What is in the file may still count as waiting for a moment.
      let tries = 0;
      for (; reports.length === 0; tries++) {
        file.write('after\n');
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await file.close();
      expect(reports).to.deep.equal([89 + tries - 1]);
      expect(readFileSync(written).length).to.equal(1106);
    });
  });
});
