/** @file Outcomes of experiments as tables and pages: misses stay visible, nothing is silently left out. */
import { describe, expect, it } from 'vitest';
import type { FindingTable, Outcome } from '../../demo/experiment.ts';
import { alignedTable, markdownTable, measuredLine, pageOf, tallyLine, tallyOf } from '../../demo/experiment-text.ts';

const table: FindingTable = {
  title: 'Steps',
  findings: [
    { what: 'momentum', published: '52', reference: '52 [M]', ours: '52', target: '52 ± 1', isMet: true },
    { what: 'a|b', ours: '9', target: '≥ 10', isMet: false, cause: 'another stream of random numbers.' },
    { what: 'shown only', ours: '3' },
  ],
};
const outcome: Outcome = {
  tables: [table],
  figures: [{ name: 'path', alt: 'a path', svg: '<svg/>' }],
  notes: ['Seeds 0–2.'],
};

describe('the outcome of an experiment', () => {
  it('is aligned, with a mark for each target and the cause of each miss', () => {
    expect(alignedTable(table).split('\n')).toEqual([
      'Steps',
      'what        published  reference  ours  target  met',
      'momentum    52         52 [M]     52    52 ± 1  yes',
      'a|b         –          –          9     ≥ 10    NO',
      'shown only  –          –          3     –       –',
      'Missed: a|b: another stream of random numbers.',
    ]);
  });

  it('keeps bars of cells out of the columns of Markdown', () => {
    expect(markdownTable(table)).toContain('| a\\|b | – | – | 9 | ≥ 10 | NO |');
    expect(markdownTable(table)).toContain('- Missed: a|b: another stream of random numbers.');
  });

  it('takes its places in the template', () => {
    const page = pageOf('# Title\n\n{{tables}}\n\n{{figures}}\n', 'minibatches', outcome, 'Measured today.');
    expect(page).toContain('# Title\n\n### Steps');
    expect(page).toContain('Measured today.\n\n- Seeds 0–2.\n\n![a path](minibatches-path.svg)');
    expect(pageOf('{{measured}}\n{{tables}}{{figures}}', 'minibatches', outcome, 'M.').split('M.')).toHaveLength(2);
  });

  it('refuses a template that would lose results, or asks for what there is not', () => {
    expect(() => pageOf('{{figures}}', 'minibatches', outcome, 'M.')).toThrow(/no place for its tables/);
    expect(() => pageOf('{{tables}}', 'minibatches', outcome, 'M.')).toThrow(/no place for its figures/);
    expect(() => pageOf('{{tables}}{{figures}}{{graphs}}', 'minibatches', outcome, 'M.')).toThrow(/\{\{graphs\}\}/);
  });

  it('counts only what had a target, and names what was missed and what failed', () => {
    const tally = tallyOf('minibatches', outcome);
    expect(tallyLine([tally, { met: 0, missed: [], failed: ['training'] }])).toBe(
      '1 targets met, 1 missed (minibatches: a|b), 1 experiments failed (training).',
    );
  });

  it('says date, processor, cores and version, and no name of a machine', () => {
    expect(measuredLine(93.4, new Date('2026-08-02T10:00:00Z'))).toMatch(
      /^Measured on 2026-08-02 with .+, \d+ cores, Node \d+\.\d+\.\d+, in 93 s\.$/,
    );
  });
});
