/** @file What a trained network makes of digits that no training saw: accuracy, confusion matrix, what it read wrongly. */
import type { ClassPrediction, TrainedModel } from 'saddlepoint';
import { byId, element } from '../page/dom.ts';
import { count, percent } from '../page/format.ts';
import { breathe } from '../page/frames.ts';
import { announce } from '../page/messages.ts';
import { type Digits, PIXELS, pixelsOf } from './load.ts';
import { showDigit } from './pixels.ts';

/** Digits asked in one turn. */
const SLICE = 100;
const SHOWN_MISTAKES = 12;

export class ResultView {
  /** Of the latest question; an older one gives up. */
  #asked = 0;
  #mistakes: { readonly canvas: HTMLCanvasElement; readonly pixels: Uint8Array }[] = [];

  hide(): void {
    this.#asked++;
    byId('result').hidden = true;
  }

  /** @returns the accuracy, or undefined where another network was asked meanwhile. */
  async show(model: TrainedModel, test: Digits): Promise<number | undefined> {
    const mine = ++this.#asked;
    const answers = new Uint8Array(test.y.length);
    for (let at = 0; at < answers.length; at += SLICE) {
      const rows = test.x.subarray(at * PIXELS, (at + SLICE) * PIXELS);
      const predictions = (await model.predict(rows)) as ClassPrediction[];
      predictions.forEach(({ label }, i) => {
        answers[at + i] = Number(label);
      });
      await breathe();
      if (mine !== this.#asked) return undefined;
    }
    const wrong = [...answers.keys()].filter((row) => answers[row] !== test.y[row]);
    const accuracy = 1 - wrong.length / answers.length;
    const text = `It reads ${percent(accuracy)} of them as they were meant, and ${count(wrong.length)} wrongly.`;
    byId('result-text').textContent = text;
    byId('confusion').replaceChildren(confusionTable(answers, test.y));
    this.#showMistakes(wrong.slice(0, SHOWN_MISTAKES), answers, test);
    byId('result').hidden = false;
    announce(text);
    return accuracy;
  }

  /** After a change of colors. */
  redraw(): void {
    for (const { canvas, pixels } of this.#mistakes) showDigit(canvas, pixels);
  }

  #showMistakes(rows: readonly number[], answers: Uint8Array, test: Digits): void {
    this.#mistakes = [];
    const items = rows.map((row) => {
      const canvas = element('canvas', { width: 28, height: 28 });
      canvas.setAttribute('aria-hidden', 'true');
      this.#mistakes.push({ canvas, pixels: pixelsOf(test, row) });
      return element('li', {}, canvas, `${test.y[row]} read as ${answers[row]}`);
    });
    byId('mistakes').replaceChildren(...items);
    this.redraw();
  }
}

/** Rows: what was written; columns: what was read. */
function confusionTable(answers: Uint8Array, truth: Uint8Array): HTMLTableElement {
  const counts = Array.from({ length: 10 }, () => new Array<number>(10).fill(0));
  truth.forEach((digit, row) => {
    const read = answers[row] as number;
    (counts[digit] as number[])[read] = (counts[digit]?.[read] ?? 0) + 1;
  });
  const head = (text: string, scope: string) => element('th', { textContent: text, scope });
  const digits = [...counts.keys()];
  const body = counts.map((row, digit) => {
    const sum = row.reduce((a, b) => a + b, 0);
    const mostWrong = Math.max(1, ...row.filter((_, read) => read !== digit));
    const cells = row.map((n, read) => {
      const cell = element('td', { textContent: n === 0 ? '' : String(n), className: read === digit ? 'right' : '' });
      cell.style.setProperty('--share', String(read === digit ? n / Math.max(1, sum) : n / Math.max(10, mostWrong)));
      return cell;
    });
    return element('tr', {}, head(String(digit), 'row'), ...cells);
  });
  return element(
    'table',
    { className: 'confusion' },
    element('caption', { textContent: 'Rows: what was written. Columns: what was read.' }),
    element('thead', {}, element('tr', {}, element('td', {}), ...digits.map((digit) => head(String(digit), 'col')))),
    element('tbody', {}, ...body),
  );
}
