/** @file What is drawn and what the network makes of it, now and while it learns. */
import { byId, element } from '../page/dom.ts';
import { percent } from '../page/format.ts';
import { announce } from '../page/messages.ts';
import { centerDigit } from './center.ts';
import { type Digits, loadDigits, pixelsOf } from './load.ts';
import { Pad } from './pad.ts';
import { showDigit } from './pixels.ts';

/** Probabilities of the ten digits for 784 bytes. */
export type Reader = (pixels: Uint8Array) => Promise<readonly number[]>;

export class DrawPanel {
  readonly #pad: Pad;
  readonly #rows: readonly { line: HTMLElement; bar: HTMLElement; text: HTMLElement }[];
  #read: Reader | undefined;
  /** What is on the pad as the network sees it; none where it is empty. */
  #pixels: Uint8Array | undefined;
  #busy = false;
  #stale = false;

  constructor() {
    this.#pad = new Pad(byId<HTMLCanvasElement>('pad'), () => this.#drawn());
    byId('clear').addEventListener('click', () => this.#pad.clear());
    this.#rows = Array.from({ length: 10 }, (_, digit) => {
      const bar = element('span', { className: 'bar' });
      const text = element('span', { textContent: '–' });
      const line = element('li', {}, element('span', { textContent: String(digit) }), bar, text);
      byId('probabilities').append(line);
      return { line, bar, text };
    });
    for (let digit = 0; digit < 10; digit++) {
      const button = element('button', { type: 'button', textContent: String(digit) });
      button.setAttribute('aria-label', `A written ${digit}`);
      button.addEventListener('click', () => void this.#sample(digit));
      byId('samples').append(button);
    }
  }

  /** Another network, or the same with other weights. */
  setReader(read: Reader): void {
    this.#read = read;
    void this.#answer();
  }

  /** After a change of colors. */
  redraw(): void {
    this.#pad.draw();
    showDigit(byId<HTMLCanvasElement>('seen'), this.#pixels ?? new Uint8Array(784));
  }

  #drawn(): void {
    const pixels = centerDigit(this.#pad.read(), this.#pad.size);
    this.#show(pixels.some((value) => value > 0) ? pixels : undefined);
  }

  /** Pixels that came some other way are shown on the pad, but not centered again. */
  async #sample(digit: number): Promise<void> {
    let test: Digits;
    try {
      ({ test } = await loadDigits());
    } catch (error) {
      this.#say('?', error instanceof Error ? (error.message.split('\n')[0] as string) : String(error));
      return;
    }
    const rows = [...test.y.keys()].filter((row) => test.y[row] === digit);
    const pixels = pixelsOf(test, rows[Math.floor(Math.random() * rows.length)] as number);
    this.#pad.show(pixels);
    this.#show(pixels);
  }

  #show(pixels: Uint8Array | undefined): void {
    this.#pixels = pixels;
    showDigit(byId<HTMLCanvasElement>('seen'), pixels ?? new Uint8Array(784));
    void this.#answer();
  }

  /** One question at a time; of those that come meanwhile the last is asked. */
  async #answer(): Promise<void> {
    if (this.#busy) {
      this.#stale = true;
      return;
    }
    this.#busy = true;
    do {
      this.#stale = false;
      const [pixels, read] = [this.#pixels, this.#read];
      if (pixels === undefined) this.#clear('Nothing drawn yet');
      else if (read === undefined) this.#clear('Press Train: it has learned nothing yet');
      else {
        try {
          this.#showAnswer(await read(pixels));
        } catch (error) {
          this.#clear(error instanceof Error ? (error.message.split('\n')[0] as string) : String(error));
        }
      }
    } while (this.#stale);
    this.#busy = false;
  }

  #showAnswer(probabilities: readonly number[]): void {
    const best = probabilities.indexOf(Math.max(...probabilities));
    probabilities.forEach((share, digit) => {
      const row = this.#rows[digit];
      if (row === undefined) return;
      row.bar.style.setProperty('--share', String(share));
      row.text.textContent = percent(share, 0);
      row.line.classList.toggle('best', digit === best);
    });
    const sure = percent(probabilities[best] as number, 0);
    this.#say(String(best), `with ${sure}`);
    announce(`Read as ${best}, with ${sure}.`);
  }

  #clear(reason: string): void {
    for (const { line, bar, text } of this.#rows) {
      bar.style.setProperty('--share', '0');
      text.textContent = '–';
      line.classList.remove('best');
    }
    this.#say('?', reason);
  }

  #say(label: string, verdict: string): void {
    byId('label').textContent = label;
    byId('verdict').textContent = verdict;
  }
}
