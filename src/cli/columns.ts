/** @file Columns and layers as they are written at the command line. */
import { SaddlepointError } from '../index.ts';

const KINDS = ['number', 'category', 'boolean', 'date', 'text'] as const;

/** `zip=category` … as kinds by column. A name may itself hold `=`: the last one counts. */
export function kindsOf(texts: readonly string[]): Readonly<Record<string, (typeof KINDS)[number]>> {
  const kinds: Record<string, (typeof KINDS)[number]> = Object.create(null);
  for (const text of texts) {
    const at = text.lastIndexOf('=');
    const kind = text.slice(at + 1) as (typeof KINDS)[number];
    if (at < 1 || !KINDS.includes(kind))
      throw new SaddlepointError(
        'option',
        `--kind: expected column=kind, got '${text}'`,
        `such as zip=category; kinds: ${KINDS.join(', ')}`,
      );
    kinds[text.slice(0, at)] = kind;
  }
  return kinds;
}

/** Names of columns, each given alone or several parted by commas; a column whose name holds a comma is meant as it stands. */
export function columnList(option: string, texts: readonly string[], names: readonly string[]): string[] {
  return texts
    .flatMap((text) => (names.includes(text) ? [text] : text.split(',').map((part) => part.trim())))
    .filter((name) => {
      if (names.includes(name)) return true;
      throw new SaddlepointError('option', `${option}: there is no column '${name}'`, `columns: ${names.join(', ')}`);
    });
}

/** `64,32` as units of hidden layers, `none` as no layer; undefined where nothing is given. */
export function hiddenLayers(text: string | undefined): number[] | undefined {
  if (text === undefined) return undefined;
  if (text === 'none') return [];
  return text.split(',').map((part) => {
    const units = Number(part);
    if (part.trim() !== '' && Number.isInteger(units) && units >= 1 && units <= 65_536) return units;
    throw new SaddlepointError(
      'option',
      `--hidden: '${part}' is no count of units from 1 to 65536`,
      'such as --hidden 64, --hidden 64,32 or --hidden none',
    );
  });
}
