/** @file Batches of a stream as rows and targets of one form, whatever the form of each, and readings from the beginning. */
import { SaddlepointError } from '../core/errors.ts';
import { type Shape, sameShape, showShape } from '../core/shape.ts';
import type { ClassName } from '../data/labels.ts';
import { type Opener, openerOf } from '../data/reopen.ts';
import type { Source } from '../data/source.ts';
import type { Targets } from '../data/targets.ts';
import { initialize, type Layer } from '../nn/layer.ts';
import type { ResolvedOptions } from './options.ts';
import { readSource, readTargets, withRowShape } from './read.ts';
import type { ModelState } from './state.ts';
import type { StreamBatch, StreamData } from './stream.ts';

type Batches = AsyncIterable<StreamBatch> | Iterable<StreamBatch>;

/** One batch, read. */
export interface ReadBatch {
  readonly source: Source;
  readonly targets: Targets;
  readonly batch: StreamBatch;
}

export class StreamReader {
  readonly rowShape: Shape;
  readonly dtype: Source['dtype'];
  readonly outputShape: Shape;
  readonly first: StreamBatch;
  /** Set once they are known. */
  classes: readonly ClassName[] | undefined;
  readonly #opener: Opener<Batches>;
  readonly #options: Pick<ResolvedOptions<string>, 'loss' | 'signal'>;
  /** Of what can be read once: the reading that has begun. */
  #begun: AsyncIterator<StreamBatch> | Iterator<StreamBatch> | undefined;

  private constructor(
    opener: Opener<Batches>,
    options: Pick<ResolvedOptions<string>, 'loss' | 'signal'>,
    found: Pick<StreamReader, 'rowShape' | 'dtype' | 'outputShape' | 'first'>,
    begun: AsyncIterator<StreamBatch> | Iterator<StreamBatch> | undefined,
  ) {
    this.#opener = opener;
    this.#options = options;
    this.rowShape = found.rowShape;
    this.dtype = found.dtype;
    this.outputShape = found.outputShape;
    this.first = found.first;
    this.#begun = begun;
  }

  /**
   * Reads the first batch.
   *
   * @throws SaddlepointError `data` where there is none, or where it can be read once and more than one reading is needed.
   */
  static async open(
    data: StreamData,
    layer: Layer,
    base: ModelState | undefined,
    options: ResolvedOptions<string>,
  ): Promise<StreamReader> {
    const opener = openerOf<Batches>(data.batches, 'batches');
    if (!opener.reopenable && options.epochs > 1)
      throw new SaddlepointError(
        'data',
        `batches can be read once, and ${options.epochs} epochs are asked for: the second would find no rows`,
        'give a function that opens them anew: batches: () => rows(), with rows an async function*; or epochs: 1',
      );
    const iterator = iteratorOf(await opener.open());
    const { done, value: first } = await iterator.next();
    if (done) throw new SaddlepointError('data', 'batches: there are no rows');
    const read = readSource(first);
    const source = base === undefined ? read : withRowShape(read, base.inputShape);
    const { rowShape, dtype } = source;
    const outputShape =
      base?.outputShape ?? initialize(layer, { shape: [1, ...rowShape], dtype: 'f32' }, 0).output.shape.slice(1);
    if (opener.reopenable) await iterator.return?.();
    const found = { rowShape, dtype, outputShape, first };
    return new StreamReader(opener, options, found, opener.reopenable ? undefined : iterator);
  }

  get reopenable(): boolean {
    return this.#opener.reopenable;
  }

  /** One reading before training. @throws SaddlepointError `aborted` by the signal. */
  async *survey(): AsyncGenerator<StreamBatch> {
    for await (const batch of this.batches()) {
      if (this.#options.signal?.aborted) throw new SaddlepointError('aborted', 'fit: aborted before the run began');
      yield batch;
    }
  }

  /** One reading from the beginning. */
  async *batches(): AsyncGenerator<StreamBatch> {
    const begun = this.#begun;
    this.#begun = undefined;
    if (begun !== undefined) yield this.first;
    const iterator = begun ?? iteratorOf(await this.#opener.open());
    try {
      for (;;) {
        const { done, value } = await iterator.next();
        if (done) return;
        yield value;
      }
    } finally {
      await iterator.return?.();
    }
  }

  /** The rows of a batch. @throws SaddlepointError `data` for rows of another shape or type than those before. */
  source(batch: StreamBatch): Source {
    const source = withRowShape(readSource(batch), this.rowShape);
    if (source.dtype === this.dtype && sameShape(source.rowShape, this.rowShape)) return source;
    throw new SaddlepointError(
      'data',
      `batches: x is ${source.dtype}${showShape(source.rowShape)}, in the first batch it was ${this.dtype}`,
      'give all batches in one type: bytes are scaled, floats are not',
    );
  }

  /** Its targets. */
  targets(batch: StreamBatch, source: Pick<Source, 'rows'>): Promise<Targets> {
    const { outputShape, classes } = this;
    return readTargets(batch, source, { loss: this.#options.loss, outputShape, classes });
  }
}

const iteratorOf = (batches: Batches): AsyncIterator<StreamBatch> | Iterator<StreamBatch> => {
  if (Symbol.asyncIterator in Object(batches)) return (batches as AsyncIterable<StreamBatch>)[Symbol.asyncIterator]();
  if (Symbol.iterator in Object(batches)) return (batches as Iterable<StreamBatch>)[Symbol.iterator]();
  throw new SaddlepointError(
    'data',
    'batches: expected what can be iterated',
    'such as an async function* of { x, y }',
  );
};
