import type { Import, SourceFile } from './imports.js';
import { importsOf, packageOf, resolveImport } from './imports.js';
import type { Area } from './table.js';

/** What is wrong with the imports of `files`, one line each, by a table that allows; none if nothing is. */
export function importFaults(files: readonly SourceFile[], table: readonly Area[]): string[] {
  const paths = new Set(files.map((file) => file.path));
  return files.flatMap((file) => {
    const area = areaOf(file.path, table);
    if (area === undefined) {
      return [`${file.path} is in no area: give its folder a row in ARCHITECTURE.md and the table`];
    }
    return importsOf(file).flatMap((found) => faultOf(found, area, table, paths) ?? []);
  });
}

function faultOf(
  found: Import,
  area: Area,
  table: readonly Area[],
  paths: ReadonlySet<string>,
): string | undefined {
  const at = `${found.from}:${found.line}`;
  const { specifier } = found;
  if (specifier === undefined) return `${at} imports a computed name: write it out`;
  if (!specifier.startsWith('.')) {
    const name = packageOf(specifier);
    if (area.packages.includes(name)) return undefined;
    return `${at} ${area.path} → ${specifier}: ${area.path} may import ${list(area.packages, 'no package')}; ${advice(area)}`;
  }
  const target = resolveImport(found.from, specifier, paths);
  if (target === undefined) return `${at} imports ${specifier}, which is no source file`;
  const other = areaOf(target, table);
  if (other === area || (other !== undefined && area.areas.includes(other.path))) return undefined;
  return `${at} ${area.path} → ${target}: ${area.path} may import ${list(area.areas, 'nothing')}; ${advice(area)}`;
}

function list(names: readonly string[], none: string): string {
  return names.length === 0 ? none : `only ${names.join(', ')}`;
}

function advice(area: Area): string {
  return `pass it in as an argument of an interface that ${area.path} owns, or move the code`;
}

/** The area with the longest path that the file is in. */
export function areaOf(path: string, table: readonly Area[]): Area | undefined {
  let best: Area | undefined;
  for (const area of table) {
    const fits = path === area.path || path.startsWith(`${area.path}/`);
    if (fits && area.path.length > (best?.path.length ?? 0)) best = area;
  }
  return best;
}

/** One line for each cycle of imports found, such as `a.ts → b.ts → a.ts`. */
export function importCycles(files: readonly SourceFile[]): string[] {
  const paths = new Set(files.map((file) => file.path));
  const edges = new Map(files.map((file) => [file.path, targetsOf(file, paths)]));
  const done = new Set<string>();
  const trail: string[] = [];
  const cycles: string[] = [];
  const visit = (path: string): void => {
    const at = trail.indexOf(path);
    if (at >= 0) cycles.push([...trail.slice(at), path].join(' → '));
    if (at >= 0 || done.has(path)) return;
    trail.push(path);
    for (const target of edges.get(path) ?? []) visit(target);
    trail.pop();
    done.add(path);
  };
  for (const path of edges.keys()) visit(path);
  return cycles;
}

function targetsOf(file: SourceFile, paths: ReadonlySet<string>): string[] {
  return importsOf(file).flatMap(({ specifier }) =>
    specifier?.startsWith('.') === true ? (resolveImport(file.path, specifier, paths) ?? []) : [],
  );
}

/** Packages that `files` import but `dependencies` (of package.json) do not name. */
export function undeclaredPackages(
  files: readonly SourceFile[],
  dependencies: ReadonlySet<string>,
): string[] {
  const used = files.flatMap((file) => importsOf(file).flatMap(({ specifier }) => specifier ?? []));
  const packages = used.filter((name) => !name.startsWith('.')).map(packageOf);
  return [...new Set(packages)].filter((name) => name !== 'node:' && !dependencies.has(name));
}
