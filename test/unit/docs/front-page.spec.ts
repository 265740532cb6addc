import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { objectsIn, readYaml, textOf, type Tree } from '../../support/manifests.js';
import { anchorsOf, headingsOf, linksOf } from '../../support/markdown.js';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const DOCUMENTS = [
  'README.md',
  'ARCHITECTURE.md',
  'CHANGELOG.md',
  'clients/conformance/README.md',
  'clients/go/README.md',
  'clients/python/README.md',
  'deployment/README.md',
  'docs/access.md',
  'docs/replaced-systems.md',
  'example/singleton-worker/README.md',
];

const readme = textOf('README.md');
const architecture = textOf('ARCHITECTURE.md');

function section(document: string, title: string): string {
  const [, rest = ''] = document.split(`\n## ${title}\n`);
  return rest.split(/^## /m, 1)[0] ?? '';
}

/** Whether a link of a document leads to a file, or a heading, of the repository; or out of it. */
function leadsSomewhere(document: string, link: string): boolean {
  if (link.startsWith('https://')) return true;
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? document : join(dirname(document), file);
  if (!existsSync(join(ROOT, path))) return false;
  return anchor === undefined || anchorsOf(textOf(path)).includes(anchor);
}

/** The container of a pod that is named so. */
function container(yaml: string, name: string): Tree {
  const all = readYaml(yaml).flatMap((document) => [...objectsIn(document)]);
  return all.find((one) => one.name === name && 'image' in one) ?? {};
}

describe('the documents', () => {
  for (const document of DOCUMENTS) {
    it(`${document} links to files and headings that are there`, () => {
      const lost = linksOf(textOf(document)).filter((link) => !leadsSomewhere(document, link));
      expect(lost).to.deep.equal([]);
    });
  }
});

describe('the front page', () => {
  it('lists each of its sections', () => {
    const listed = linksOf(section(readme, 'Contents')).map((link) => link.slice(1));
    const before = ['Why', 'Contents'];
    const sections = headingsOf(readme).filter(
      ({ level, text }) => level === 2 && !before.includes(text),
    );
    const anchors = sections.flatMap(({ text }) => anchorsOf(`## ${text}`));
    expect(listed).to.have.members(anchors);
  });

  it('makes the promises of ARCHITECTURE.md, by the same names and numbers', () => {
    const promised = [
      ...section(readme, 'What is promised').matchAll(/^\| (\d+) +\| (?:\*\*(.*?)\*\*)?/gm),
    ].map(([, number, name]) => [number, name?.replace(/\.$/, '')]);
    const guaranteed = [
      ...section(architecture, 'Guarantees, and what is not guaranteed').matchAll(
        /^(\d+)\. (?:\*\*(.*?)\*\*)?/gm,
      ),
    ].map(([, number, name]) => [number, name?.replace(/\.$/, '')]);
    expect(promised).to.have.length(9);
    expect(promised).to.deep.equal(guaranteed);
  });

  it('shows the sidecar of the manifest', () => {
    const [, shown = ''] = /```yaml\n(.*?)```/s.exec(readme) ?? [];
    const sidecar = container(textOf('deployment/kubernetes/sidecar.yaml'), 'shared-lock');
    const ours = container(shown, 'shared-lock');
    expect(Object.keys(ours)).to.include.members(['image', 'restartPolicy', 'env']);
    expect(sidecar).to.deep.include(ours);
  });
});

describe('the decisions of ARCHITECTURE.md', () => {
  it('are numbered once, in order', () => {
    const numbers = [...architecture.matchAll(/^- \*\*D(\d+)\./gm)].map(([, n]) => Number(n));
    expect(numbers).to.have.length.above(20);
    expect(numbers).to.deep.equal(numbers.map((_, index) => index + 1));
  });
});
