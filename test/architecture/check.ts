/** @file Reads src/ and assembly/ under a root and lists what breaks the rules. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { findCycles } from './cycles.ts';
import { findImports, type Import } from './imports.ts';
import type { Rules } from './rules.ts';

export interface Violation {
  /** Path from the root. */
  readonly file: string;
  readonly rule: 'place' | 'import' | 'separate' | 'name' | 'node' | 'unresolved' | 'cycle' | 'length';
  readonly detail: string;
}

export interface Report {
  readonly filesRead: number;
  readonly violations: readonly Violation[];
}

/** The place of a file, and its name in the table: `src/nn/dense.ts` → `nn` and `nn/dense.ts`, `src/index.ts` → `entry`. */
function locate(file: string): { place: string; name: string } {
  const [top = '', folder = '', ...rest] = file.split('/');
  if (top !== 'src') return { place: top, name: file };
  if (rest.length === 0) return { place: 'entry', name: `entry/${folder}` };
  return { place: folder, name: `${folder}/${rest.join('/')}` };
}

/** Whether a list of places and single files covers the file. */
function covers(list: readonly string[], file: string): boolean {
  const { place, name } = locate(file);
  return list.includes(place) || list.includes(name);
}

function readSources(root: string): Map<string, string> {
  const folders = ['src', 'assembly'].filter((folder) => existsSync(join(root, folder)));
  const names = folders.flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) =>
      posix.join(folder, name.replaceAll('\\', '/')),
    ),
  );
  return new Map(
    names
      .filter((name) => name.endsWith('.ts'))
      .sort()
      .map((name) => [name, readFileSync(join(root, name), 'utf8')]),
  );
}

/** The file a relative specifier means; AssemblyScript leaves the extension out. */
function resolve(from: string, specifier: string, files: ReadonlyMap<string, string>): string | undefined {
  const path = posix.join(posix.dirname(from), specifier);
  const candidates = from.startsWith('assembly/') ? [path, `${path}.ts`, `${path}/index.ts`] : [path];
  return candidates.find((candidate) => files.has(candidate));
}

/** An import of a package, of `node:*` or of a `#` name. */
function checkName(file: string, { specifier }: Import, rules: Rules): Omit<Violation, 'file'> | undefined {
  if (specifier.startsWith('node:')) {
    if (covers(rules.nodeModules, file)) return undefined;
    return { rule: 'node', detail: `imports ${specifier}; use process.getBuiltinModule('${specifier}')` };
  }
  const owners = Object.entries(rules.names).find(
    ([name]) => specifier === name || specifier.startsWith(`${name}/`),
  )?.[1];
  if (owners && covers(owners, file)) return undefined;
  return { rule: 'name', detail: `imports ${specifier}, which is for ${owners?.join(', ') ?? 'nobody'}` };
}

/** An import of another file. */
function checkFile(from: string, to: string, { typeOnly }: Import, rules: Rules): Omit<Violation, 'file'> | undefined {
  const place = rules.places[locate(from).place];
  const excepted = rules.exceptions.some((e) => e.from === from && e.to === to && (typeOnly || !e.typeOnly));
  if (!place || excepted) return undefined;
  if (locate(from).place === locate(to).place) {
    if (!place.separate || posix.basename(from) === 'index.ts') return undefined;
    return { rule: 'separate', detail: `imports its neighbor ${to}` };
  }
  if (covers(place.imports, to)) return undefined;
  const legal = place.imports.join(', ') || 'nothing';
  return { rule: 'import', detail: `imports ${to}; ${locate(from).place} may import: ${legal}` };
}

function checkLength(file: string, text: string, rules: Rules): Omit<Violation, 'file'> | undefined {
  const lines = text.split('\n').length - (text.endsWith('\n') ? 1 : 0);
  const long = lines > rules.maxLines;
  if (long === file in rules.longFiles) return undefined;
  if (long) return { rule: 'length', detail: `has ${lines} lines; the limit is ${rules.maxLines}` };
  return { rule: 'length', detail: `is in longFiles but has ${lines} lines: take it out` };
}

export function check(root: string, rules: Rules): Report {
  const files = readSources(root);
  const violations: Violation[] = [];
  const runTimeImports = new Map<string, string[]>();
  for (const [file, text] of files) {
    const report = (found: Omit<Violation, 'file'> | undefined) => {
      if (found) violations.push({ file, ...found });
    };
    const { place } = locate(file);
    if (!(place in rules.places)) report({ rule: 'place', detail: `${place}/ is not in the table of places` });
    report(checkLength(file, text, rules));
    const targets: string[] = [];
    for (const item of findImports(file, text)) {
      if (!item.specifier.startsWith('.')) {
        report(checkName(file, item, rules));
        continue;
      }
      const to = resolve(file, item.specifier, files);
      if (to === undefined) {
        report({ rule: 'unresolved', detail: `${item.specifier} is no source file here` });
        continue;
      }
      report(checkFile(file, to, item, rules));
      if (!item.typeOnly) targets.push(to);
    }
    runTimeImports.set(file, targets);
  }
  for (const cycle of findCycles(runTimeImports)) {
    violations.push({ file: cycle[0] ?? '', rule: 'cycle', detail: [...cycle, cycle[0]].join(' → ') });
  }
  return { filesRead: files.size, violations };
}
