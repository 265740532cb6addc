import { parser } from '@prometheus-io/lezer-promql';
import { expect } from 'chai';
import { DEFAULT_LIMITS } from '../../../src/core/limits.js';
import { STATUS } from '../../../src/protocol/status.js';
import { createMetrics } from '../../../src/telemetry/metrics.js';
import { readYaml, textOf } from '../../support/manifests.js';

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

const RULE_MEMBERS = ['alert', 'expr', 'for', 'labels', 'annotations'];

const [file] = readYaml(textOf('deployment/prometheus/alerts.yaml'));
const { groups } = file as { groups: readonly { name: string; rules: readonly Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

/** The texts of all nodes of this kind in an expression. */
function nodesOf(expr: string, kind: string): string[] {
  const found: string[] = [];
  parser.parse(expr).iterate({
    enter: ({ name, from, to }) => {
      if (name === kind) found.push(expr.slice(from, to));
    },
  });
  return found;
}

/** As GitHub makes it of a heading. */
function anchorOf(heading: string): string {
  return `#${heading
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s-]/gu, '')
    .replace(/\s/g, '-')}`;
}

describe('the alerts', () => {
  it('are rules of Prometheus, each with a name of its own', () => {
    expect(new Set(rules.map(({ alert }) => alert)).size).to.equal(rules.length);
    for (const rule of rules) {
      expect(RULE_MEMBERS).to.include.members(Object.keys(rule));
      expect(rule.alert).to.match(/^SharedLock[A-Z]\w+$/);
      expect(rule.for ?? '0s').to.match(/^\d+[sm]$/);
      expect(rule.labels.severity).to.match(/^(warning|critical)$/);
    }
  });

  it('ask in PromQL', () => {
    expect(nodesOf('sum by (a (b', '⚠')).not.to.be.empty;
    for (const { expr } of rules) expect(nodesOf(expr, '⚠'), expr).to.be.empty;
  });

  it('ask only for what the daemon measures', async () => {
    const text = await createMetrics('1.0.0').text();
    const measured = new Set(['up']);
    for (const [, name = '', type] of text.matchAll(/^# TYPE (\S+) (\S+)$/gm)) {
      measured.add(name);
      if (type === 'histogram') measured.add(`${name}_bucket`).add(`${name}_count`);
    }
    const asked = rules.flatMap(({ expr }) =>
      nodesOf(expr, 'VectorSelector').map((selector) => /^\w+/.exec(selector)?.[0] ?? ''),
    );
    expect(asked).to.include('shared_lock_store_up');
    expect(asked.filter((name) => !measured.has(name))).to.be.empty;
  });

  it('look for codes that there are', () => {
    const codes = rules.flatMap(({ expr }) =>
      [...expr.matchAll(/code=~?"([^"]*)"/g)].flatMap(([, all = '']) => all.split('|')),
    );
    expect(codes).to.include('RESOURCE_EXHAUSTED');
    expect(Object.keys(STATUS)).to.include.members(codes);
  });

  it('know the limits that they speak of', () => {
    const text = textOf('deployment/prometheus/alerts.yaml');
    expect(text).to.contain(`more than ${DEFAULT_LIMITS.waitersPerDaemon} are refused`);
    expect(text).to.contain(`more than ${DEFAULT_LIMITS.leases} are refused`);
  });

  it('lead to a place in the runbook', () => {
    const headings = [...textOf('deployment/README.md').matchAll(/^#+ (.*)$/gm)];
    const anchors = headings.map(([, heading = '']) => anchorOf(heading));
    for (const { annotations } of rules) expect(anchors).to.include(annotations.runbook);
  });
});
