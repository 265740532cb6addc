import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { flatten } from '../../../src/config/setting.js';
import { SETTINGS } from '../../../src/config/settings.js';
import { EXIT } from '../../../src/core/exit-codes.js';
import { textOf } from '../../support/manifests.js';

const runbook = textOf('deployment/README.md');

/** All of the sources, with texts that are cut in two put together. */
function sources(): string {
  const folder = fileURLToPath(new URL('../../../src', import.meta.url));
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const all = files.filter((file) => file.endsWith('.ts')).map((file) => textOf(`src/${file}`));
  return all.join('\n').replace(/['`] \+\s+['`]/g, '');
}

describe('the runbook', () => {
  it('has the messages that the daemon says', () => {
    const quoted = [...runbook.matchAll(/```text\n([^`]*)```/g)].flatMap(([, text = '']) =>
      text.trim().split('\n'),
    );
    expect(quoted.length).to.be.above(15);
    const said = sources();
    for (const message of quoted) {
      // The answer of /readyz is put together of two.
      for (const part of message.replace('not ready: ', '').split('…')) {
        const words = part.replace(/ \(tried |\)$/g, '').trim();
        expect(said, message).to.contain(words);
      }
    }
  });

  it('names settings that there are', () => {
    const known = flatten(SETTINGS).map(({ setting }) => setting.env);
    const named = [...runbook.matchAll(/`(SHARED_LOCK_[A-Z_]+)\b(?!\*)/g)].map(
      ([, name = '']) => name,
    );
    const whole = named.filter((name) => !name.endsWith('_'));
    expect(whole.length).to.be.above(8);
    expect(known).to.include.members(whole);
  });

  it('has exit codes that there are', () => {
    const rows = [...runbook.matchAll(/^\| (\d\d) /gm)].map(([, code]) => Number(code));
    expect(rows).to.have.length.above(6);
    expect(Object.values(EXIT)).to.include.members(rows);
  });
});
