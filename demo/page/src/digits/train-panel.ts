/** @file The controls of the training, and the numbers that it shows. */
import type { ClassPrediction, Run, TrainedModel } from 'saddlepoint';
import { TRAINING_DIGITS } from '../digit-counts.ts';
import { fromZero, upToOne } from '../figures/axis.ts';
import { Chart } from '../figures/chart.ts';
import { Meter } from '../figures/meter.ts';
import { allow, byId } from '../page/dom.ts';
import { count, percent, significant } from '../page/format.ts';
import { paced } from '../page/frames.ts';
import { announce, attempt } from '../page/messages.ts';
import type { DrawPanel } from './draw-panel.ts';
import { answerOf } from './live-model.ts';
import { type DigitSets, loadDigits } from './load.ts';
import { models } from './models.ts';
import type { ResultView } from './result.ts';
import { lockSettings, readSettings, type Settings } from './settings.ts';
import { startTraining, type Training, type Watch } from './training.ts';
import type { WeightsView } from './weights.ts';

/** A tenth is held out. */
const LEARNED = TRAINING_DIGITS * 0.9;
/** Epochs that a finished training may be given on top. */
const MORE = 5;

export interface TrainPanelParts {
  readonly draw: DrawPanel;
  readonly weights: WeightsView;
  readonly result: ResultView;
  /** A network that can be kept; none while one is trained. */
  onModel(model: TrainedModel | undefined): void;
}

type State = 'free' | 'loading' | 'running' | 'paused' | 'done';

export class TrainPanel {
  readonly #parts: TrainPanelParts;
  readonly #form = byId<HTMLFormElement>('settings');
  readonly #loss = new Chart(byId('loss-chart'), { name: 'Loss', range: fromZero, format: significant });
  readonly #accuracy = new Chart(byId('accuracy-chart'), {
    ...{ name: 'Accuracy', range: upToOne, format: (share) => percent(share, 0) },
  });
  readonly #steps = new Meter();
  #state: State = 'free';
  #training: Training | undefined;
  #run: Run<'accuracy'> | undefined;
  #settings: Settings | undefined;
  #isPause = false;
  #now = { step: 0, epoch: 0, share: 0, loss: Number.NaN, accuracy: Number.NaN };
  readonly #renderSoon = paced(() => this.#render());

  constructor(parts: TrainPanelParts) {
    this.#parts = parts;
    const on = (id: string, action: () => Promise<void> | void) =>
      byId(id).addEventListener('click', () => void attempt('train-trouble', action));
    on('start', () => this.#start());
    on('pause', () => this.#pauseOrGoOn());
    on('stop', () => this.#stop());
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    this.#enter('free');
  }

  /** Another network has come from elsewhere; it cannot be trained on here. */
  forget(): void {
    this.#run = undefined;
    this.#enter('free');
  }

  get isBusy(): boolean {
    return this.#state === 'running' || this.#state === 'loading';
  }

  async #start(): Promise<void> {
    const settings = readSettings(this.#form);
    this.#run = undefined;
    this.#now = { step: 0, epoch: 0, share: 0, loss: Number.NaN, accuracy: Number.NaN };
    this.#loss.clear(settings.epochs);
    this.#accuracy.clear(settings.epochs);
    byId('ran-on').textContent = '';
    await this.#train(settings);
  }

  async #pauseOrGoOn(): Promise<void> {
    if (this.#state === 'running') {
      this.#isPause = true;
      this.#training?.stop();
      return;
    }
    const settings = { ...readSettings(this.#form), ...this.#fixed() };
    const done = this.#run?.history.length ?? 0;
    const epochs = this.#state === 'done' ? done + MORE : Math.max(settings.epochs, done + 1);
    (this.#form.elements.namedItem('epochs') as HTMLInputElement).value = String(epochs);
    this.#loss.extend(epochs);
    this.#accuracy.extend(epochs);
    await this.#train({ ...settings, epochs });
  }

  async #stop(): Promise<void> {
    if (this.#state === 'running') this.#training?.stop();
    else if (this.#run !== undefined) await this.#finish(this.#run);
  }

  /** What the training began with and goes on with. */
  #fixed(): Partial<Settings> {
    if (this.#settings === undefined) return {};
    const { model, learningRate, batchSize } = this.#settings;
    return { model, learningRate, batchSize };
  }

  async #train(settings: Settings): Promise<void> {
    const before = this.#run;
    this.#settings = settings;
    this.#isPause = false;
    this.#parts.result.hide();
    this.#parts.onModel(undefined);
    this.#steps.reset();
    try {
      const sets = await this.#fetch();
      this.#enter('running');
      announce(before === undefined ? 'Training has begun.' : 'Training goes on.');
      this.#training = startTraining(sets.train, settings, this.#watch(settings), before?.checkpoint());
      const run = await this.#training.finished;
      this.#run = run;
      this.#use(run, settings);
      if (this.#isPause && run.ending === 'aborted') {
        this.#enter('paused');
        announce('Training is paused.');
      } else await this.#finish(run);
    } catch (error) {
      this.#enter(before === undefined ? 'free' : 'paused');
      if (before !== undefined) this.#use(before, settings);
      throw error;
    }
  }

  async #fetch(): Promise<DigitSets> {
    this.#enter('loading');
    const label = byId('progress-label');
    label.textContent = 'Fetching the digits …';
    return loadDigits((share) => {
      label.textContent = `Fetching the digits: ${percent(share, 0)}`;
      byId<HTMLProgressElement>('progress').value = share;
    });
  }

  #watch(settings: Settings): Watch {
    const { model, batchSize, epochs } = settings;
    const stepsPerEpoch = Math.ceil(LEARNED / batchSize);
    const { draw, weights } = this.#parts;
    return {
      onStep: (step, loss) => {
        this.#steps.add(1, performance.now());
        this.#loss.add('training', (step + 1) / stepsPerEpoch, loss);
        // Thousands of times a second: what is shown is brought up to date when it is drawn.
        this.#now.step = step + 1;
        this.#now.epoch = Math.floor(step / stepsPerEpoch) + 1;
        this.#now.loss = loss;
        this.#now.share = (step + 1) / (stepsPerEpoch * epochs);
        this.#renderSoon();
      },
      onEpoch: (record) => {
        const { epoch, loss, accuracy, validation } = record;
        this.#accuracy.add('training', epoch, accuracy);
        if (validation !== undefined) {
          this.#loss.add('validation', epoch, validation.loss);
          this.#accuracy.add('validation', epoch, validation.accuracy);
          this.#now.accuracy = validation.accuracy;
        }
        const [held, heldLoss] = [percent(validation?.accuracy ?? Number.NaN), significant(validation?.loss ?? 0)];
        this.#loss.describe(`epoch ${epoch} of ${epochs}, training ${significant(loss)}, held out ${heldLoss}`);
        this.#accuracy.describe(`epoch ${epoch} of ${epochs}, training ${percent(accuracy)}, held out ${held}`);
        announce(`Epoch ${epoch} of ${epochs}: ${held} of the digits held out are read rightly.`);
        this.#renderSoon();
      },
      onWeights: (leaves) => {
        weights.show(leaves.get(models[model].kernel));
        draw.setReader((pixels) => answerOf(model, leaves, pixels));
      },
    };
  }

  /** The network as the run ended it: with its best weights. */
  #use(run: Run<'accuracy'>, { model }: Settings): void {
    this.#parts.weights.show(run.parameters.get(models[model].kernel));
    this.#parts.draw.setReader(readerOf(run));
    this.#parts.onModel(run);
    const { name, threads, build, reason } = run.device;
    const shared = threads === 1 ? '1 thread' : `${threads} threads`;
    const done = run.history.length === 1 ? '1 epoch' : `${run.history.length} epochs`;
    const seconds = run.history.reduce((sum, epoch) => sum + epoch.seconds, 0);
    byId('ran-on').textContent = `${done} in ${seconds.toFixed(2)} s on ${name}, ${shared}, build ${build}: ${reason}.`;
  }

  async #finish(run: Run<'accuracy'>): Promise<void> {
    this.#enter('done');
    announce('Training has ended.');
    const { test } = await loadDigits();
    await this.#parts.result.show(run, test);
  }

  #enter(state: State): void {
    this.#state = state;
    const [start, pause, stop] = [byId('start'), byId('pause'), byId('stop')];
    const runs = this.isBusy;
    allow(start, !runs);
    start.textContent = state === 'free' ? 'Train' : 'Train anew';
    const canGoOn = (state === 'paused' || state === 'done') && this.#run !== undefined;
    allow(pause, state === 'running' || canGoOn);
    pause.textContent = state === 'paused' ? 'Continue' : state === 'done' ? `${MORE} more epochs` : 'Pause';
    allow(stop, state === 'running' || state === 'paused');
    lockSettings(this.#form, runs ? 'running' : state === 'paused' ? 'paused' : 'free');
    byId('progress').hidden = !runs;
    byId('progress-label').hidden = !runs;
    if (state === 'running') byId('progress-label').textContent = 'Training';
    this.#renderSoon();
  }

  #render(): void {
    const { step, epoch, share, loss, accuracy } = this.#now;
    const rate = this.#steps.perSecond;
    const set = (id: string, text: string) => {
      byId(id).textContent = text;
    };
    if (this.#state === 'running') byId<HTMLProgressElement>('progress').value = share;
    set('epoch', epoch === 0 ? '–' : `${epoch} of ${this.#settings?.epochs ?? epoch}`);
    set('steps', step === 0 ? '–' : count(step));
    set('steps-rate', count(rate));
    set('rows-rate', count(rate * (this.#settings?.batchSize ?? Number.NaN)));
    set('loss', Number.isFinite(loss) ? loss.toFixed(4) : '–');
    set('accuracy', percent(accuracy));
  }
}

/** A trained network as the drawing asks it. */
export function readerOf(model: TrainedModel): (pixels: Uint8Array) => Promise<number[]> {
  return async (pixels) => {
    const { probabilities } = (await model.predict(pixels)) as ClassPrediction;
    return Array.from({ length: 10 }, (_, digit) => probabilities[digit] ?? 0);
  };
}
