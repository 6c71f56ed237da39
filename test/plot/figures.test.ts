import { Ablation } from 'saddlepoint';
import { ablationFigure, confusionFigure, learningCurve } from 'saddlepoint/plot';
import { describe, expect, it } from 'vitest';

const START = /^<svg [^>]*xmlns="http:\/\/www\.w3\.org\/2000\/svg"[^>]*><title>Title &lt;&amp;&gt;<\/title>/;

describe('figures', () => {
  it('U1: show the history as an SVG with title, axes and a legend, in colors for light and dark', () => {
    const record = { loss: 0.5, accuracy: 0.8, seconds: 1 };
    const history = [1, 2, 3].map((epoch) => ({ ...record, epoch, validation: { loss: 0.4, accuracy: 0.9 } }));
    const svg = learningCurve(history, 'Title <&>');
    expect(svg).toMatch(START);
    for (const text of ['Title &lt;&amp;&gt;</text', 'loss<', 'accuracy<', 'epoch<', 'training<', 'validation<'])
      expect(svg).toContain(`>${text}`);
    // Two of the legend; a point for each of two panels, two kinds of rows, three epochs.
    expect(svg.match(/<circle/g)).toHaveLength(2 + 4 * 3);
    expect(svg).toContain('prefers-color-scheme: dark');
    expect(svg).not.toMatch(/NaN|undefined/);
  });

  it('draw the loss alone where there is no metric, and leave out what is not finite', () => {
    const history = [
      { epoch: 1, loss: 2, seconds: 1 },
      { epoch: 2, loss: Number.POSITIVE_INFINITY, seconds: 1 },
    ];
    const svg = learningCurve(history, 'Loss');
    expect(svg.match(/<circle/g)).toHaveLength(2 + 1);
    expect(svg).not.toMatch(/NaN|Infinity/);
  });

  it('show what each arm of an ablation changes, with its interval, pale where no effect was seen', () => {
    const runs = [0, 1, 2].flatMap((seed) => [
      { arm: 'none', seed, value: 0.5 + 0.1 * seed, seconds: 1, bytes: 1 },
      { arm: 'a<b', seed, value: 0.7 + 0.11 * seed, seconds: 1, bytes: 1 },
      { arm: 'idle', seed, value: 0.5 + 0.1 * (2 - seed), seconds: 1, bytes: 1 },
    ]);
    const data = { mode: 'add-one-in', measure: 'accuracy', arms: ['none', 'a<b', 'idle'], seeds: [0, 1, 2], runs };
    const svg = ablationFigure(new Ablation(data), 'Title <&>');
    expect(svg).toMatch(START);
    for (const text of ['a&lt;b<', 'idle<', 'difference in accuracy<']) expect(svg).toContain(`>${text}`);
    expect(svg).toContain("Difference in accuracy to 'none', 3 paired seeds");
    // A line and a dot an arm.
    expect(svg.match(/stroke="var\(--seen\)"/g)).toHaveLength(1);
    expect(svg.match(/stroke="var\(--unseen\)"/g)).toHaveLength(1);
    expect(svg.match(/<circle/g)).toHaveLength(2);
    expect(svg).not.toMatch(/NaN|undefined/);
    const part = new Ablation({ ...data, runs: runs.slice(1) });
    expect(() => ablationFigure(part, 'Part')).toThrow(/1 runs of 9 are missing/);
  });

  it('show a confusion matrix with its counts, and classes of any name', () => {
    const classes = ['a<b', 'c & d'];
    const svg = confusionFigure(
      {
        classes,
        confusion: [
          [7, 2],
          [0, 11],
        ],
      },
      'Title <&>',
    );
    expect(svg).toMatch(START);
    for (const text of ['7', '2', '0', '11', 'a&lt;b', 'c &amp; d', 'taken for', 'is'])
      expect(svg).toContain(`>${text}</`);
    expect(svg.match(/<rect[^>]*var\(--right\)/g)).toHaveLength(2);
    expect(svg.match(/<rect[^>]*var\(--wrong\)/g)).toHaveLength(2);
    expect(svg).not.toMatch(/NaN|undefined/);
  });
});
