/** @file An outcome as text for a terminal and as the page of its section. */
import { cpus } from 'node:os';
import type { Figure, Finding, FindingTable, Outcome, Section } from './experiment.ts';

const COLUMNS = ['what', 'published', 'reference', 'ours', 'target', 'met'] as const;

/** The cells of a line, in the order of the columns. */
function cellsOf({ what, published = '–', reference = '–', ours, target = '–', isMet }: Finding): string[] {
  return [what, published, reference, ours, target, isMet === undefined ? '–' : isMet ? 'yes' : 'NO'];
}

/** A table in aligned columns, with the causes of misses below. */
export function alignedTable({ title, findings }: FindingTable): string {
  const rows = [[...COLUMNS], ...findings.map(cellsOf)];
  const widths = COLUMNS.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  );
  return [title, ...lines, ...causesOf(findings)].join('\n');
}

/** A table in Markdown, with the causes of misses below. */
export function markdownTable({ title, findings }: FindingTable): string {
  const line = (cells: readonly string[]) => `| ${cells.map(escaped).join(' | ')} |`;
  const causes = causesOf(findings);
  return [
    `### ${title}`,
    '',
    line(COLUMNS),
    line(COLUMNS.map(() => '---')),
    ...findings.map((finding) => line(cellsOf(finding))),
    ...(causes.length === 0 ? [] : ['', ...causes.map((cause) => `- ${cause}`)]),
  ].join('\n');
}

function causesOf(findings: readonly Finding[]): string[] {
  return findings
    .filter(({ isMet }) => isMet === false)
    .map(({ what, cause }) => `Missed: ${what}: ${cause ?? 'the cause is not known.'}`);
}

/** A bar would end the cell, a line break the row. */
function escaped(cell: string): string {
  return cell.replaceAll('|', '\\|').replaceAll('\n', ' ');
}

/** When and on what kind of machine: 'Measured on 2026-08-02 with AMD EPYC 7B13, 2 cores, Node 22.19.0, in 93 s.' */
export function measuredLine(seconds: number, date = new Date()): string {
  const cores = cpus();
  const model = (cores[0]?.model ?? 'an unknown processor').replace(/\s+/g, ' ').trim();
  const day = date.toISOString().slice(0, 10);
  return `Measured on ${day} with ${model}, ${cores.length} cores, Node ${process.versions.node}, in ${Math.round(seconds)} s.`;
}

/** The file of a figure, beside the page. */
export function figureFile(section: Section, { name }: Figure): string {
  return `${section}-${name}.svg`;
}

/**
 * The page of a section: its template with what was measured in the places of `{{tables}}`, `{{figures}}` and `{{measured}}`. The last
 * stands under the tables where the template has no place for it.
 */
export function pageOf(template: string, section: Section, { tables, figures, notes = [] }: Outcome, measured: string) {
  const parts: Readonly<Record<string, string>> = {
    tables: [
      ...tables.map(markdownTable),
      ...(template.includes('{{measured}}') ? [] : [measured]),
      ...(notes.length === 0 ? [] : [notes.map((note) => `- ${note}`).join('\n')]),
    ].join('\n\n'),
    figures: figures.map((figure) => `![${figure.alt}](${figureFile(section, figure)})`).join('\n\n'),
    measured,
  };
  for (const [name, text] of Object.entries(parts)) {
    if (name !== 'measured' && text !== '' && !template.includes(`{{${name}}}`))
      throw new Error(`demo/${section}/page.md has no place for its ${name}. Write {{${name}}} where they belong.`);
  }
  const page = template.replace(/\{\{(\w+)\}\}/g, (whole, name: string) => {
    const text = parts[name];
    if (text !== undefined) return text;
    throw new Error(`demo/${section}/page.md asks for ${whole}. There are: ${Object.keys(parts).join(', ')}.`);
  });
  return `<!-- Written by \`npm run experiment -- ${section}\` from demo/${section}/page.md. -->\n\n${page.trim()}\n`;
}

/** What came of an experiment, or of several. */
export interface Tally {
  readonly met: number;
  /** Section and finding. */
  readonly missed: readonly string[];
  /** Sections that failed, and why. */
  readonly failed: readonly string[];
}

export function tallyOf(section: Section, { tables }: Outcome): Tally {
  const judged = tables.flatMap(({ findings }) => findings).filter(({ isMet }) => isMet !== undefined);
  const missed = judged.filter(({ isMet }) => isMet === false).map(({ what }) => `${section}: ${what}`);
  return { met: judged.length - missed.length, missed, failed: [] };
}

/** The last line: '31 targets met, 1 missed (minibatches: valley), 0 experiments failed.' */
export function tallyLine(tallies: readonly Tally[]): string {
  const met = tallies.reduce((sum, tally) => sum + tally.met, 0);
  const missed = tallies.flatMap((tally) => tally.missed);
  const failed = tallies.flatMap((tally) => tally.failed);
  const named = (names: readonly string[]) => (names.length === 0 ? '' : ` (${names.join('; ')})`);
  return `${met} targets met, ${missed.length} missed${named(missed)}, ${failed.length} experiments failed${named(failed)}.`;
}
