/** @file Saving the digit reader, and loading one: in this browser, or as a file. */
import { loadModel, type TrainedModel } from 'saddlepoint';
import { allow, byId } from '../page/dom.ts';
import { percent } from '../page/format.ts';
import { download } from '../page/keep.ts';
import { attempt } from '../page/messages.ts';
import type { DrawPanel } from './draw-panel.ts';
import { loadDigits, PIXELS } from './load.ts';
import type { ResultView } from './result.ts';
import { readerOf, type TrainPanel } from './train-panel.ts';
import type { WeightsView } from './weights.ts';

const KEY = 'page: digits';

interface Parts {
  readonly draw: DrawPanel;
  readonly weights: WeightsView;
  readonly result: ResultView;
  training(): TrainPanel;
}

export class KeepPanel {
  readonly #parts: Parts;
  #model: TrainedModel | undefined;

  constructor(parts: Parts) {
    this.#parts = parts;
    const on = (id: string, action: () => Promise<void> | void) =>
      byId(id).addEventListener('click', () => void attempt('keep-trouble', action));
    on('save-browser', async () => {
      await this.#model?.save({ indexedDB: KEY });
      this.#say('Saved in this browser.');
    });
    on('download', async () => {
      if (this.#model !== undefined) await download(this.#model, 'digits.safetensors');
      this.#say('Handed to the browser as digits.safetensors.');
    });
    on('load-browser', () => this.#load({ indexedDB: KEY }, 'from this browser'));
    const input = byId<HTMLInputElement>('load-file-input');
    on('load-file', () => input.click());
    input.addEventListener('change', () => {
      const [file] = input.files ?? [];
      input.value = '';
      if (file !== undefined) void attempt('keep-trouble', () => this.#load(file, `from ${file.name}`));
    });
  }

  /** What is there to be saved. */
  setModel(model: TrainedModel | undefined): void {
    this.#model = model;
    allow(byId('save-browser'), model !== undefined);
    allow(byId('download'), model !== undefined);
    this.#say('');
  }

  async #load(source: Parameters<typeof loadModel>[0], from: string): Promise<void> {
    this.#say('');
    if (this.#parts.training().isBusy) throw new Error('A network is being trained.\n  help: pause or stop it first');
    const model = await loadModel(source);
    await checkReadsDigits(model);
    this.#parts.training().forget();
    this.setModel(model);
    this.#parts.draw.setReader(readerOf(model));
    const kernel = [...model.parameters.values()].find(({ shape }) => shape.length === 2 || shape.length === 4);
    this.#parts.weights.show(kernel);
    this.#say(`Loaded ${from}.`);
    const { test } = await loadDigits();
    const accuracy = await this.#parts.result.show(model, test);
    if (accuracy !== undefined) this.#say(`Loaded ${from}: it reads ${percent(accuracy)} of the test digits.`);
  }

  #say(text: string): void {
    byId('keep-text').textContent = text;
  }
}

/** @throws Error for a model of something else. */
async function checkReadsDigits(model: TrainedModel): Promise<void> {
  const other = 'This model does not read digits: it does not answer 0 to 9 for 28 × 28 pixels.';
  const answer = await model.predict(new Uint8Array(PIXELS)).catch((cause: unknown) => {
    throw new Error(other, { cause });
  });
  const names = Object.keys((answer as { probabilities?: object }).probabilities ?? {});
  if (names.join() !== '0,1,2,3,4,5,6,7,8,9') throw new Error(other);
}
