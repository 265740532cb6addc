import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { execForm, pairs, readDockerfile } from '../../support/dockerfile.js';
import type { Stage } from '../../support/dockerfile.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const PATH = join(ROOT, 'example/singleton-worker/Dockerfile');
const [build, image] = readDockerfile(PATH);
const [daemonBuild, daemonImage] = readDockerfile(join(ROOT, 'Dockerfile'));

function texts(stage: Stage | undefined, keyword: string): string[] {
  const found = stage?.instructions.filter((instruction) => instruction.keyword === keyword);
  return (found ?? []).map(({ text }) => text);
}

/** The daemon's image is built and run by a test of its own. */
describe("the example's Dockerfile", () => {
  it("is built as the daemon's is, from the same image, and with the example", () => {
    expect(build?.base).to.equal(daemonBuild?.base);
    expect(image?.base).to.equal(daemonImage?.base);
    expect(texts(daemonBuild, 'RUN')).to.include.members(texts(build, 'RUN'));
    expect(texts(build, 'COPY')).to.deep.equal([
      ...texts(daemonBuild, 'COPY'),
      'example ./example',
    ]);
    expect(texts(daemonImage, 'COPY')).to.include.members(texts(image, 'COPY'));
  });

  it('copies only what its .dockerignore lets through', () => {
    const lines = readFileSync(`${PATH}.dockerignore`, 'utf8').split('\n');
    const allowed = lines.filter((line) => line.startsWith('!')).map((line) => line.slice(1));
    const copied = texts(build, 'COPY').flatMap((text) => text.split(/\s+/).slice(0, -1));
    expect(lines).to.include('*');
    expect(allowed.sort()).to.deep.equal(copied.sort());
  });

  it('starts a program that is there, as nobody, without anything between it and a signal', () => {
    const [program, script = ''] = execForm(texts(image, 'CMD').join());
    expect(program).to.equal('node');
    expect(existsSync(join(ROOT, script)), script).to.equal(true);
    expect(texts(image, 'USER')).to.deep.equal(texts(daemonImage, 'USER'));
    expect(pairs(texts(image, 'ENV').join())).to.deep.equal({ NODE_ENV: 'production' });
  });
});
