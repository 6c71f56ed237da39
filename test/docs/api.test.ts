import { describe, expect, it } from 'vitest';
import { entryPoints, publicExports } from '../../scripts/api-exports.mjs';

const exports = publicExports();
const of = (entry: string) => exports.filter((one) => one.entry === entry);

describe('the public surface', () => {
  it('is read: every entry point of the package, and every way to export', () => {
    expect(entryPoints).toEqual(expect.arrayContaining(['src/index.ts', 'src/data.ts', 'src/node.ts', 'src/onnx.ts']));
    for (const entry of entryPoints) expect(of(entry).length, entry).toBeGreaterThan(0);
    const names = of('src/index.ts').map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['fit', 'FitOptions', 'abs', 'quality.frechetDistance']));
    expect(of('src/index.ts').find(({ name }) => name === 'dense')?.text).toMatch(/kernel/);
    expect(of('src/index.ts').find(({ name }) => name === 'dense')?.file).toBe('src/nn/dense.ts');
  });

  // An interface may leave it to its members: "Options of adam." would tell nobody anything.
  it('is described: every export says what it is, or is an interface of which every member does', () => {
    const silent = exports.filter(({ text, members }) => text === '' && !members);
    expect(silent.map(({ file, name }) => `${file}: ${name}`)).toEqual([]);
  });
});
