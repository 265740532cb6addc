import { readFile } from 'node:fs/promises';
import { Argument, Command } from 'commander';
import type { Policy, Rule } from '../../core/access/policy.js';
import { ANONYMOUS_ID, type Principal, type Shown } from '../../core/access/principal.js';
import type { Target } from '../../core/access/rule-index.js';
import type { Verb } from '../../core/access/vocabulary.js';
import { EXIT } from '../../core/exit-codes.js';
import { visible } from '../../core/visible.js';
import { CommandFailure } from '../client/failure.js';
import { tellingAt, type Surroundings } from '../client/client-command.js';
import { helpAfter } from '../client/help.js';

const CHECK_NOTES = `--as is a name of the policy, anonymous, or what a caller shows: jwt: and the subject of its token, san: and a name of its
certificate, or unix: for a Unix socket; --group adds the rights of a name that the policy gives to a group. --on is a kind and a name, such as
lock:shop/till or config:namespace/name; with * at its end it asks for a list or a watch of all that begins so. Prints the rule
that decides. Exit codes: 0 allowed, 1 refused, 64 the command line is wrong, 74 the file can't be read, 78 the policy can't be used.`;

const LINT_NOTES = `Exit codes: 0 there is nothing to say, 1 something may not be meant so, 74 the file can't be read, 78 the policy
can't be used.`;

interface CheckFlags {
  readonly as: string;
  readonly verb: string;
  readonly on: string;
  readonly group?: readonly string[];
}

/** Asks a policy file, without a daemon. */
export function policyCommand(surroundings: Surroundings): Command {
  return new Command('policy')
    .description('Look at a policy file: who may do what.')
    .addCommand(checkCommand(surroundings))
    .addCommand(lintCommand(surroundings));
}

function checkCommand(surroundings: Surroundings): Command {
  const command = new Command('check')
    .description('Tell whether somebody may do something, and which rule decides.')
    .addArgument(new Argument('<file>', 'the policy'))
    .requiredOption('--as <principal>', 'who')
    .requiredOption('--verb <verb>', 'what, such as acquire or read')
    .requiredOption('--on <what>', 'a kind and a name, or what names begin with and *')
    .option(
      '--group <name>',
      'a name whose rights it has too; may be given several times',
      collect,
    );
  const examples = [
    ['policy check policy.yaml --as billing --verb acquire --on lock:shop/till', 'one lock'],
    ["policy check policy.yaml --as billing --verb read --on 'lock:shop/*'", 'a list'],
    [
      'policy check policy.yaml --as jwt:ann --group sre --verb forceRelease --on lock:a',
      'a group',
    ],
  ] as const;
  return command.addHelpText('after', helpAfter({ notes: CHECK_NOTES, examples })).action(() =>
    told(surroundings, async ({ terminal, finish }) => {
      const policy = await policyIn(command.args[0] ?? '');
      const { as, verb, on, group = [] } = command.opts<CheckFlags>();
      const { AccessRules } = await import('../../core/access/access-rules.js');
      const principal = await principalOf(as, group, policy);
      const target = await targetOf(on);
      const { allowed, rule } = new AccessRules(policy).decide(
        principal,
        await verbOf(verb, target),
        target,
      );
      terminal.out(`${allowed ? 'allowed' : 'refused'}: ${await reasonOf(rule, principal)}\n`);
      if (!allowed) finish(EXIT.no);
    }),
  );
}

function lintCommand(surroundings: Surroundings): Command {
  const command = new Command('lint')
    .description('Tell what of a policy is wrong, or may not be meant so.')
    .addArgument(new Argument('<file>', 'the policy'))
    .option(
      '--was <file>',
      'the policy that it takes the place of: tells whose leases would be lost',
    );
  const examples = [
    ['policy lint policy.yaml', 'before it is given to daemons'],
    ['policy lint new.yaml --was policy.yaml', 'after principals were renamed'],
  ] as const;
  return command.addHelpText('after', helpAfter({ notes: LINT_NOTES, examples })).action(() =>
    told(surroundings, async ({ terminal, finish }) => {
      const file = command.args[0] ?? '';
      const policy = await policyIn(file);
      const { was } = command.opts<{ readonly was?: string }>();
      const { lintPolicy, lostDoubts } = await import('../../core/access/lint-policy.js');
      const lost = was === undefined ? [] : lostDoubts(await policyIn(was), policy);
      const doubts = [...lost, ...lintPolicy(policy)];
      for (const { line, message } of doubts) {
        terminal.out(`${visible(`${file}:${line}: ${message}`)}\n`);
      }
      if (doubts.length > 0) finish(EXIT.no);
    }),
  );
}

/** Says what a command failed of, a line each. */
async function told(
  surroundings: Surroundings,
  action: (surroundings: Surroundings) => Promise<void>,
): Promise<void> {
  try {
    await action(surroundings);
  } catch (error) {
    if (!(error instanceof CommandFailure)) throw error;
    const tell = tellingAt(surroundings.terminal);
    for (const line of error.message.split('\n')) tell(line);
    surroundings.finish(error.exitCode);
  }
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** @throws CommandFailure that names the lines. */
async function policyIn(file: string): Promise<Policy> {
  const { PolicyError, readPolicy } = await import('../../access/read-policy.js');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    const why = error instanceof Error ? error.message : String(error);
    throw new CommandFailure(EXIT.ioErr, `${file} can't be read: ${why}`);
  });
  try {
    return readPolicy(text);
  } catch (error) {
    if (!(error instanceof PolicyError)) throw error;
    const lines = error.problems.map(({ line, message }) => `${file}:${line}: ${visible(message)}`);
    throw new CommandFailure(EXIT.config, lines.join('\n'));
  }
}

/** @throws CommandFailure if the policy can't know it: a typing error would be refused, and nobody would know why. */
async function principalOf(
  id: string,
  groups: readonly string[],
  policy: Policy,
): Promise<Principal> {
  const { principals } = policy;
  const isKnown = (name: string): boolean => principals.some((each) => each.name === name);
  const shown = shownBy(id);
  const unknown = [
    ...(isKnown(id) || id === ANONYMOUS_ID || shown !== undefined ? [] : [id]),
    ...groups.filter((group) => !isKnown(group)),
  ];
  if (unknown.length > 0) {
    const known = [...principals.map(({ name }) => name), ANONYMOUS_ID].join(', ');
    throw new CommandFailure(EXIT.usage, `the policy names no ${unknown.join(', ')}, but ${known}`);
  }
  if (shown === undefined) {
    return {
      id,
      groups,
      formerIds: [],
      via: 'none',
      shown: { via: 'none' },
      expiresAtMs: undefined,
    };
  }
  const { Principals } = await import('../../core/access/principals.js');
  return { ...new Principals(policy).of(shown), groups };
}

/** What a caller showed whom daemons call so unless the policy names it; undefined: that is no such name. */
function shownBy(id: string): Shown | undefined {
  const [, by, text = ''] = /^(jwt|san|unix):(.*)$/s.exec(id) ?? [];
  // Nothing ends here.
  const expiresAtMs = Infinity;
  switch (by) {
    case 'jwt':
      return { via: 'jwt', subject: text, groups: [], expiresAtMs };
    case 'san':
      return { via: 'certificate', names: [text], expiresAtMs };
    case 'unix':
      return { via: 'unix' };
    default:
      return undefined;
  }
}

async function targetOf(on: string): Promise<Target> {
  const { parsePattern } = await import('../../core/access/pattern.js');
  const pattern = parsePattern(on);
  if (typeof pattern === 'string') throw new CommandFailure(EXIT.usage, `--on: ${pattern}`);
  const { kind, text, isPrefix } = pattern;
  if (kind === undefined) throw new CommandFailure(EXIT.usage, '--on: give a kind, such as lock:*');
  return { kind, name: text, isPrefix };
}

async function verbOf(word: string, { kind }: Target): Promise<Verb> {
  const { applies, isVerb, VERBS_OF } = await import('../../core/access/vocabulary.js');
  if (isVerb(word) && applies(word, kind)) return word;
  const verbs = VERBS_OF[kind].join(', ');
  throw new CommandFailure(EXIT.usage, `--verb: of the kind ${kind} there are ${verbs}`);
}

async function reasonOf(rule: Rule | undefined, { id }: Principal): Promise<string> {
  if (rule === undefined) return `no rule allows it to ${visible(id)}`;
  const { showPattern } = await import('../../core/access/pattern.js');
  const verbs = rule.verbs === '*' ? '*' : rule.verbs.join(', ');
  const on = rule.on.map(showPattern).join(', ');
  return `line ${rule.line}: ${rule.effect} ${verbs} on ${on} to ${rule.to.join(', ')}`;
}
