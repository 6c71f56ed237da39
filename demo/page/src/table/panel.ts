/** @file A table of the visitor's own: read, trained on, asked, kept. */
import { type ClassPrediction, loadModel, type Run, type TrainedModel, train } from 'saddlepoint';
import type { Table } from 'saddlepoint/data';
import irisUrl from '../../out/iris.csv?url';
import { fromZero } from '../figures/axis.ts';
import { Chart } from '../figures/chart.ts';
import { allow, byId, chosen, element } from '../page/dom.ts';
import { count, percent, significant } from '../page/format.ts';
import { download } from '../page/keep.ts';
import { announce, attempt, clearTrouble } from '../page/messages.ts';
import { baselineOf, type Field, fieldsOf } from './columns.ts';
import { followDrops } from './drop.ts';
import { keepFields, keptFields } from './kept-fields.ts';
import { previewOf } from './preview.ts';
import { readTable } from './read.ts';
import { RowForm } from './row-form.ts';

const KEY = 'page: table';

type TableRun = Run<'accuracy' | 'meanAbsoluteError'>;

export class TablePanel {
  readonly #settings = byId<HTMLFormElement>('csv-settings');
  readonly #chart = new Chart(byId('csv-chart'), { name: 'Loss', range: fromZero, format: significant });
  readonly #row = new RowForm(byId<HTMLFormElement>('csv-row'), (record) => void this.#predict(record));
  #table: Table | undefined;
  #model: TrainedModel | undefined;
  #fields: readonly Field[] = [];
  #target = '';
  #abort: AbortController | undefined;

  constructor() {
    const on = (id: string, action: () => Promise<void> | void) =>
      byId(id).addEventListener('click', () => void attempt('csv-trouble', action));
    const input = byId<HTMLInputElement>('csv-input');
    on('choose', () => input.click());
    input.addEventListener('change', () => {
      const [file] = input.files ?? [];
      input.value = '';
      if (file !== undefined) void attempt('csv-trouble', () => this.#open(file));
    });
    on('sample-table', async () => {
      const answer = await fetch(irisUrl);
      await this.#open(new File([await answer.blob()], 'iris.csv'));
    });
    followDrops(byId('drop'), (found) => void attempt('csv-trouble', async () => this.#open(await found)));
    this.#settings.addEventListener('submit', (event) => event.preventDefault());
    on('csv-train', () => this.#train());
    on('csv-stop', () => this.#abort?.abort());
    on('csv-save', () => this.#save());
    on('csv-download', async () => {
      if (this.#model !== undefined) await download(this.#model, `${this.#target || 'table'}.safetensors`);
    });
    on('csv-load', () => this.#load());
  }

  async #open(file: File): Promise<void> {
    this.#abort?.abort();
    byId('csv-work').hidden = true;
    byId('csv-result').hidden = true;
    this.#say(`Reading ${file.name} …`);
    try {
      this.#table = await readTable(file);
    } catch (error) {
      this.#say('');
      throw error;
    }
    const { rows, columns, notes } = this.#table;
    this.#say([`${file.name}: ${count(rows)} rows, ${columns.length} columns.`, ...notes].join(' '));
    byId('csv-preview').replaceChildren(previewOf(this.#table));
    const target = this.#settings.elements.namedItem('target') as HTMLSelectElement;
    target.replaceChildren(...columns.map(({ name }) => element('option', { textContent: name, value: name })));
    target.value = columns.at(-1)?.name ?? '';
    byId('csv-work').hidden = false;
  }

  async #train(): Promise<void> {
    const table = this.#table;
    if (table === undefined) return;
    const target = chosen(this.#settings, 'target');
    const missing = chosen(this.#settings, 'missing') as 'error' | 'drop' | 'mean';
    const abort = new AbortController();
    this.#abort = abort;
    this.#enter(true);
    byId('csv-result').hidden = true;
    try {
      this.#say('Training …');
      const epochs = train(table, { target, missing, signal: abort.signal });
      let run: TableRun | undefined;
      this.#chart.clear(20);
      for (;;) {
        const next = await epochs.next();
        if (next.done) {
          run = next.value as TableRun;
          break;
        }
        const { epoch, loss, validation } = next.value;
        if (epoch > 20) this.#chart.extend(epoch);
        this.#chart.add('training', epoch, loss);
        if (validation !== undefined) this.#chart.add('validation', epoch, validation.loss);
        this.#say(`Epoch ${epoch}: loss ${significant(validation?.loss ?? loss)}${validation ? ' held out' : ''}`);
        byId('csv-result').hidden = false;
      }
      this.#target = target;
      this.#fields = fieldsOf(table, target);
      this.#show(run, table);
    } catch (error) {
      this.#say('');
      throw error;
    } finally {
      if (this.#abort === abort) this.#enter(false);
    }
  }

  #show(run: TableRun, table: Table): void {
    const best = run.history[run.bestEpoch - 1];
    const column = table.columns.find(({ name }) => name === this.#target);
    const { share, error, name } = column === undefined ? {} : baselineOf(column);
    const measured = best?.validation ?? best;
    const where =
      best?.validation === undefined ? 'the rows it learned from (too few to hold any out)' : 'rows held out';
    let text = `No epoch was finished.`;
    if (measured?.accuracy !== undefined)
      text = `${percent(measured.accuracy)} of ${where} are right; always saying ${name} would be right for ${percent(share ?? Number.NaN)}.`;
    else if (measured?.meanAbsoluteError !== undefined)
      text = `Off by ${significant(measured.meanAbsoluteError)} on average over ${where}; always saying the mean would be off by ${significant(error ?? Number.NaN)}.`;
    byId('csv-verdict').textContent = text;
    this.#say(
      `Trained for ${run.history.length} epochs on ${run.device.name}; kept the weights of epoch ${run.bestEpoch}.`,
    );
    byId('csv-notes').replaceChildren(...run.notes.map((textContent) => element('li', { textContent })));
    this.#chart.describe(`${run.history.length} epochs. ${text}`);
    announce(text);
    this.#use(run);
  }

  #use(model: TrainedModel): void {
    this.#model = model;
    this.#row.show(this.#fields);
    byId('csv-answer').textContent = '';
    byId('csv-result').hidden = false;
  }

  async #predict(record: Record<string, string>): Promise<void> {
    const model = this.#model;
    if (model === undefined) return;
    byId('csv-answer').textContent = '';
    await attempt('csv-row-trouble', async () => {
      const answer = await model.predict(record);
      byId('csv-answer').textContent = wordsFor(answer as ClassPrediction | number, this.#target);
    });
  }

  async #save(): Promise<void> {
    await this.#model?.save({ indexedDB: KEY });
    keepFields(this.#target, this.#fields);
    this.#say('The model of the table is saved in this browser.');
  }

  async #load(): Promise<void> {
    this.#say('');
    const model = await loadModel({ indexedDB: KEY });
    const kept = keptFields();
    if (kept === undefined) throw new Error('What was kept of the columns is gone.\n  help: train on the table again');
    this.#target = kept.target;
    this.#fields = kept.fields;
    clearTrouble('csv-row-trouble');
    byId('csv-verdict').textContent = `A model that predicts ${kept.target}, from this browser.`;
    byId('csv-notes').replaceChildren();
    this.#chart.clear(1);
    this.#use(model);
    this.#say('Loaded from this browser.');
  }

  #enter(isRunning: boolean): void {
    allow(byId('csv-train'), !isRunning);
    allow(byId('csv-stop'), isRunning);
  }

  #say(text: string): void {
    byId('csv-text').textContent = text;
  }
}

/** The answer for a row. */
function wordsFor(answer: ClassPrediction | number, target: string): string {
  if (typeof answer === 'number') return `${target}: ${significant(answer)}`;
  const { label, probabilities } = answer;
  const others = Object.entries(probabilities)
    .filter(([name]) => name !== label)
    .sort(([, a], [, b]) => b - a)
    .slice(0, 2)
    .map(([name, share]) => `${name} ${percent(share)}`);
  const rest = others.length === 0 ? '' : ` (${others.join(', ')})`;
  return `${target}: ${label}, ${percent(probabilities[label] ?? Number.NaN)}${rest}`;
}
