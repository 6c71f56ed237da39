/** @file The table of devices: which `auto` takes and why, and how long a step takes on each. */
import { backendReport } from 'saddlepoint';
import { loadDigits } from '../digits/load.ts';
import { readSettings, type Settings } from '../digits/settings.ts';
import type { TrainPanel } from '../digits/train-panel.ts';
import { allow, byId, element } from '../page/dom.ts';
import { significant } from '../page/format.ts';
import { wordsOf } from '../page/messages.ts';
import { stepMilliseconds } from './compare.ts';

/** Double precision in plain JavaScript is left out: a step of it would hold the page. */
const TIMED: readonly Settings['device'][] = ['wasm', 'webgl', 'webgpu'];

interface Row {
  readonly device: string;
  readonly time: string;
  readonly verdict: string;
}

export class DevicesPanel {
  readonly #training: TrainPanel;

  constructor(training: TrainPanel) {
    this.#training = training;
    byId('compare').addEventListener('click', () => void this.#compare());
  }

  async #compare(): Promise<void> {
    const [button, text] = [byId('compare'), byId('compare-text')];
    if (this.#training.isBusy) {
      text.textContent = 'A network is being trained: pause or stop it first, or the times would be of both.';
      return;
    }
    allow(button, false);
    try {
      const settings = readSettings(byId<HTMLFormElement>('settings'));
      text.textContent = 'Fetching the digits …';
      const digits = await loadDigits();
      text.textContent = 'Asking the library …';
      // The steps are timed below, with the network and the digits of this page.
      const report = await backendReport({ measure: false });
      const rows: Row[] = [];
      for (const device of TIMED) {
        text.textContent = `Timing ${device} …`;
        const found = report.candidates.find(({ name }) => name === device);
        const said = found === undefined ? '' : `${found.verdict}: ${found.reason}`;
        try {
          const time = await stepMilliseconds(device, settings, digits);
          rows.push({ device, time: `${significant(time)} ms`, verdict: said || 'works' });
        } catch (error) {
          const { message } = wordsOf(error);
          rows.push({ device, time: '–', verdict: said || message });
        }
        show(rows, settings);
      }
      const renderer = report.renderer === undefined ? '' : ` Renderer: ${report.renderer}.`;
      text.textContent = `Done. Automatic takes ${report.chosen}.${renderer}`;
    } catch (error) {
      text.textContent = wordsOf(error).message;
    } finally {
      allow(button, true);
    }
  }
}

function show(rows: readonly Row[], { model, batchSize }: Settings): void {
  const head = ['Device', 'A step', 'What the library says'].map((textContent) =>
    element('th', { textContent, scope: 'col' }),
  );
  const body = rows.map(({ device, time, verdict }) =>
    element(
      'tr',
      {},
      element('th', { textContent: device, scope: 'row' }),
      element('td', { textContent: time, className: 'number' }),
      element('td', { textContent: verdict, className: 'wide' }),
    ),
  );
  const network = model === 'mlp' ? 'the dense network' : 'the convolutional network';
  const place = byId('compare-table');
  place.replaceChildren(
    element(
      'table',
      {},
      element('caption', { textContent: `A training step of ${network} on ${batchSize} digits` }),
      element('thead', {}, element('tr', {}, ...head)),
      element('tbody', {}, ...body),
    ),
  );
  place.hidden = false;
}
