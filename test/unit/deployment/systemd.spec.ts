import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { EXIT } from '../../../src/core/exit-codes.js';
import { textOf } from '../../support/manifests.js';
import { load } from '../config/fixture.js';

const UNITS = ['shared-lock.service', 'shared-lock-watchdog.service', 'shared-lock-watchdog.timer'];

/** The values that a unit gives a name, in order. */
function valuesOf(unit: string, name: string): string[] {
  const lines = textOf(`deployment/systemd/${unit}`).split('\n');
  return lines
    .filter((line) => line.startsWith(`${name}=`))
    .map((line) => line.slice(name.length + 1));
}

const hasSystemd = spawnSync('systemd-analyze', ['--version']).status === 0;

describe('the units of systemd', () => {
  const service = 'shared-lock.service';

  it('gives the daemon settings that it takes', () => {
    const env = Object.fromEntries(
      valuesOf(service, 'Environment').map((pair) => pair.split('=') as [string, string]),
    );
    const { config } = load({ env });
    if (config.storage.type !== 'embedded') expect.fail('without etcd it is a store of its own');
    expect(config.storage.folder).to.equal(
      `/var/lib/${valuesOf(service, 'StateDirectory').join('')}`,
    );
    const stopSeconds = Number(valuesOf(service, 'TimeoutStopSec')[0]);
    expect(stopSeconds).to.be.above(config.server.shutdownTimeoutMs / 1000 + 20);
  });

  it('does not try again what can not go well', () => {
    const codes = (valuesOf(service, 'RestartPreventExitStatus')[0] ?? '').split(' ').map(Number);
    expect(codes).to.have.members([EXIT.usage, EXIT.config, EXIT.dataErr]);
  });

  it('says what it runs as the command line has it', () => {
    expect(valuesOf(service, 'ExecStart')).to.deep.equal(['shared-lock serve']);
    expect(valuesOf(service, 'ExecStartPost')[0]).to.contain('shared-lock health');
  });

  if (hasSystemd) {
    it('are what systemd accepts', () => {
      const folder = mkdtempSync(join(tmpdir(), 'sl-units-'));
      try {
        for (const unit of UNITS) {
          // It looks for the programs too, which are not installed here.
          const text = textOf(`deployment/systemd/${unit}`)
            .replace('ExecStart=shared-lock serve', 'ExecStart=/bin/sh')
            .replace(/ExecStart=\/bin\/sh \S+watchdog.sh/, 'ExecStart=/bin/sh');
          writeFileSync(join(folder, unit), text);
        }
        const paths = UNITS.map((unit) => join(folder, unit));
        const { status, stderr } = spawnSync('systemd-analyze', ['verify', ...paths]);
        // It tells of other units of the machine too.
        expect(stderr.toString()).not.to.contain('shared-lock');
        expect(status).to.equal(0);
      } finally {
        rmSync(folder, { recursive: true });
      }
    });
  }
});
