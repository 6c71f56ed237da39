// @ts-check
/**
 * @file What the entry points export, and what is said about it: each public name with the text of its docstring. Files are
 * parsed, not type-checked, so that a test can afford it.
 */
import { readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import ts from 'typescript';
import { root } from './files.mjs';

/** The entry points of package.json that are TypeScript, as sources. */
export const entryPoints = Object.values(JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).exports)
  .map((entry) => entry.types)
  .filter((types) => typeof types === 'string')
  .map((types) => types.replace(/^\.\/dist\/(.*)\.d\.ts$/, 'src/$1.ts'));

/**
 * @typedef {{ entry: string, name: string, file: string, text: string, members: boolean }} Export
 *   text: of the docstring, up to its first tag; '' where there is none. members: it is an interface, all of whose members have one
 * @returns {Export[]}
 */
export function publicExports() {
  return entryPoints.flatMap((entry) =>
    exportsOf(join(root, entry)).map((found) => ({ entry, ...found, file: relative(root, found.file) })),
  );
}

/** @type {Map<string, ts.SourceFile>} */
const parsed = new Map();

/** @param {string} file */
function parse(file) {
  const kept = parsed.get(file);
  if (kept) return kept;
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
  parsed.set(file, source);
  return source;
}

/** @param {string} file @returns {Omit<Export, 'entry'>[]} */
function exportsOf(file) {
  return parse(file).statements.flatMap((statement) => {
    if (ts.isExportDeclaration(statement)) return reExports(statement, file);
    return declared(statement).map((name) => ({ name, ...described(file, name) }));
  });
}

/** @param {ts.ExportDeclaration} statement @param {string} file */
function reExports(statement, file) {
  const from = statement.moduleSpecifier;
  const target = from && ts.isStringLiteral(from) ? join(dirname(file), from.text) : file;
  const clause = statement.exportClause;
  if (clause === undefined) return exportsOf(target);
  if (ts.isNamespaceExport(clause))
    return exportsOf(target).map((found) => ({ ...found, name: `${clause.name.text}.${found.name}` }));
  return clause.elements.map(({ name, propertyName }) => ({
    name: name.text,
    ...described(target, (propertyName ?? name).text),
  }));
}

/** The names that an exported statement declares. @param {ts.Statement} statement @returns {string[]} */
function declared(statement) {
  if (!ts.canHaveModifiers(statement)) return [];
  if (!ts.getModifiers(statement)?.some(({ kind }) => kind === ts.SyntaxKind.ExportKeyword)) return [];
  if (ts.isVariableStatement(statement))
    return statement.declarationList.declarations.map(({ name }) => name.getText());
  const { name } = /** @type {ts.DeclarationStatement} */ (/** @type {unknown} */ (statement));
  return name ? [name.getText()] : [];
}

/** Where a name is declared, and what is said there: of overloads, the first docstring. @param {string} file @param {string} name @returns {Omit<Export, 'entry' | 'name'>} */
function described(file, name) {
  const statements = parse(file).statements;
  const own = statements.filter((statement) => declared(statement).includes(name));
  if (own.length === 0) {
    for (const statement of statements) {
      if (!ts.isExportDeclaration(statement)) continue;
      const found = reExports(statement, file).find((one) => one.name === name);
      if (found) return found;
    }
  }
  const members = own.some(
    (statement) => ts.isInterfaceDeclaration(statement) && statement.members.every((member) => textOf(member) !== ''),
  );
  return { file, text: own.map(textOf).find((text) => text !== '') ?? '', members };
}

/** The text of a node's docstring. @param {ts.Node} node */
function textOf(node) {
  const docs = ts.getJSDocCommentsAndTags(node).filter(ts.isJSDoc);
  return docs.map(({ comment }) => (ts.getTextOfJSDocComment(comment) ?? '').trim()).find((text) => text !== '') ?? '';
}
