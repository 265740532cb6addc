import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { parseAllDocuments } from 'yaml';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export type Tree = Readonly<Record<string, unknown>>;

/** A file of the repository. */
export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/** All YAML files of a folder of the repository. */
export function yamlFiles(folder: string): string[] {
  const names = readdirSync(join(ROOT, folder)).filter((name) => /\.ya?ml$/.test(name));
  return names.sort().map((name) => join(folder, name));
}

/** The documents of a YAML text. @throws Error for what is no YAML, and for members that are there twice. */
export function readYaml(text: string): Tree[] {
  return parseAllDocuments(text, { uniqueKeys: true }).map((document) => {
    const problem = document.errors[0] ?? document.warnings[0];
    if (problem !== undefined) throw problem;
    return document.toJS() as Tree; // ours are all objects
  });
}

/** Every object below a value, itself included. */
export function* objectsIn(value: unknown): Generator<Tree> {
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) yield value as Tree; // an object, with whatever in it
  for (const child of Object.values(value)) yield* objectsIn(child);
}

/** Where Kubernetes' types have each kind that we use. */
const KINDS: Readonly<Record<string, string>> = {
  'v1 ConfigMap': 'core/v1',
  'v1 Service': 'core/v1',
  'v1 ServiceAccount': 'core/v1',
  'apps/v1 Deployment': 'apps/v1',
  'policy/v1 PodDisruptionBudget': 'policy/v1',
  'networking.k8s.io/v1 NetworkPolicy': 'networking/v1',
};

/**
 * What Kubernetes' API would not take of each of these objects: members that it does not know, or that have the
 * wrong type, or are missing. Each object is laid before the compiler as a literal of its type, on a line of its own.
 */
export function kubernetesProblems(objects: readonly Tree[]): string[][] {
  const lines = objects.map((object, index) => {
    const kind = `${String(object.apiVersion)} ${String(object.kind)}`;
    const module = KINDS[kind];
    if (module === undefined) throw new Error(`${kind}: is none of the kinds that are looked for`);
    const type = `import('kubernetes-types/${module}').${String(object.kind)}`;
    return `export const o${index}: ${type} = ${JSON.stringify(object)};`;
  });
  // In the repository's folder, so that the types are found; it is never written.
  const file = join(ROOT, 'manifests-as-literals.ts');
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    lib: ['lib.es5.d.ts'],
    types: [],
    module: ts.ModuleKind.ESNext,
    moduleResolution: ts.ModuleResolutionKind.Bundler,
    target: ts.ScriptTarget.ES2022,
  };
  const host = ts.createCompilerHost(options);
  const readSource = host.getSourceFile.bind(host);
  host.getSourceFile = (name, ...rest) =>
    name === file
      ? ts.createSourceFile(name, lines.join('\n'), ts.ScriptTarget.ES2022)
      : readSource(name, ...rest);
  const program = ts.createProgram([file], options, host);
  const problems = objects.map((): string[] => []);
  for (const { file: source, start = 0, messageText } of ts.getPreEmitDiagnostics(program)) {
    const message = ts.flattenDiagnosticMessageText(messageText, '\n');
    const own = problems[source?.getLineAndCharacterOfPosition(start).line ?? 0];
    if (source?.fileName !== file || own === undefined) throw new Error(message);
    own.push(message);
  }
  return problems;
}

/** The policy that the shared service is shipped with. */
export function sharedPolicy(): string {
  const all = readYaml(textOf('deployment/kubernetes/shared.yaml'));
  const texts = all.flatMap((tree) => [...objectsIn(tree)]).map((each) => each['policy.yaml']);
  const policy = texts.find((text) => typeof text === 'string');
  if (policy === undefined) throw new Error('it has no policy');
  return policy;
}
