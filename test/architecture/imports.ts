import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join, posix, relative, sep } from 'node:path';
import ts from 'typescript';

/** One file of the repository, by its path from the root, with `/` between folders. */
export interface SourceFile {
  readonly path: string;
  readonly text: string;
}

export interface Import {
  readonly from: string;
  readonly line: number;
  /** As written; undefined if it is computed, so that nobody can say what it is. */
  readonly specifier: string | undefined;
}

/** All .ts files below the folders. A folder that does not exist has none. */
export function readSources(root: string, folders: readonly string[]): SourceFile[] {
  return folders.flatMap((folder) =>
    filesBelow(join(root, folder))
      .filter((file) => /\.[mc]?ts$/.test(file))
      .map((file) => ({
        path: relative(root, file).split(sep).join('/'),
        text: readFileSync(file, 'utf8'),
      })),
  );
}

function filesBelow(folder: string): string[] {
  if (statSync(folder, { throwIfNoEntry: false }) === undefined) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? filesBelow(path) : [path];
  });
}

/** Every import of a file: static, type-only, dynamic, re-exports, `import('x').T`, require, references. */
export function importsOf(file: SourceFile): Import[] {
  const source = ts.createSourceFile(file.path, file.text, ts.ScriptTarget.Latest, true);
  const found: Import[] = source.referencedFiles.map((reference) =>
    importAt(source, reference.pos, `./${reference.fileName}`),
  );
  const visit = (node: ts.Node): void => {
    const specifier = specifierOf(node);
    if (specifier !== undefined) {
      const text = ts.isStringLiteralLike(specifier) ? specifier.text : undefined;
      found.push(importAt(source, node.getStart(), text));
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function importAt(source: ts.SourceFile, position: number, specifier: string | undefined): Import {
  const { line } = source.getLineAndCharacterOfPosition(position);
  return { from: source.fileName, line: line + 1, specifier };
}

function specifierOf(node: ts.Node): ts.Node | undefined {
  if (ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return node.moduleSpecifier;
  if (ts.isExternalModuleReference(node)) return node.expression;
  if (ts.isImportTypeNode(node)) {
    return ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument;
  }
  if (ts.isCallExpression(node) && importsByCall(node)) return node.arguments[0];
  return undefined;
}

function importsByCall({ expression }: ts.CallExpression): boolean {
  if (expression.kind === ts.SyntaxKind.ImportKeyword) return true;
  const callee = ts.isPropertyAccessExpression(expression) ? expression.expression : expression;
  return ts.isIdentifier(callee) && callee.text === 'require';
}

/** The file of the repository that a relative import means; `paths` are all that there are. */
export function resolveImport(
  from: string,
  specifier: string,
  paths: ReadonlySet<string>,
): string | undefined {
  const target = posix.normalize(posix.join(posix.dirname(from), specifier));
  const candidates = [target, target.replace(/\.js$/, '.ts'), target.replace(/\.js$/, '.d.ts')];
  return candidates.find((candidate) => paths.has(candidate));
}

/** `@scope/name/deep` → `@scope/name`; `node:fs` → `node:`. */
export function packageOf(specifier: string): string {
  if (specifier.startsWith('node:')) return 'node:';
  const parts = specifier.split('/');
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
