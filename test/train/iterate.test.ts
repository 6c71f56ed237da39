import { dense, type EpochRecord, fit, meanSquaredError, sequential, sgd, train } from 'saddlepoint';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Session } from '../../src/backends/backend.ts';
import { wasmBackend } from '../../src/backends/wasm/index.ts';
import { classes, classifier, clouds, line, rejection, weightsOf } from './examples.ts';

/** Every session that is opened from now on. */
function watchSessions(): Session[] {
  const sessions: Session[] = [];
  const open = wasmBackend.open.bind(wasmBackend);
  vi.spyOn(wasmBackend, 'open').mockImplementation(async (...args) => {
    const session = await open(...args);
    sessions.push(session);
    return session;
  });
  return sessions;
}

const isFreed = (session: Session | undefined): boolean => {
  try {
    session?.read('parameters');
    return false;
  } catch (error) {
    return (error as { code?: string }).code === 'disposed';
  }
};

afterEach(() => {
  vi.restoreAllMocks();
});

describe('train', () => {
  it('T4: U1: yields the record of each epoch, and returns the run that fit would', async () => {
    const epochs = train(classifier(), clouds(60), classes);
    const seen: EpochRecord<'accuracy'>[] = [];
    let last = await epochs.next();
    for (; !last.done; last = await epochs.next()) seen.push(last.value);
    const run = last.value;
    expect(run.history).toEqual(seen);
    expect(weightsOf(run)).toEqual(weightsOf(await fit(classifier(), clouds(60), classes)));
  });

  it('does nothing before the first epoch is asked for, and no more than is asked for', async () => {
    const sessions = watchSessions();
    const epochs = train(classifier(), clouds(60), classes);
    expect(sessions).toHaveLength(0);
    await epochs.next();
    expect(sessions).toHaveLength(1);
    expect(isFreed(sessions[0])).toBe(false);
    await epochs.return(undefined as never);
    expect(isFreed(sessions[0])).toBe(true);
  });

  it('frees the run when its loop is left early, by break or by an error', async () => {
    const sessions = watchSessions();
    for await (const { epoch } of train(classifier(), clouds(60), classes)) if (epoch === 2) break;
    const failing = async (): Promise<void> => {
      for await (const { epoch } of train(classifier(), clouds(60), classes)) throw new Error(`in epoch ${epoch}`);
    };
    expect((await rejection(failing())).message).toBe('in epoch 1');
    expect(sessions.map(isFreed)).toEqual([true, true]);
  });

  it('frees the run at its end too, and after divergence', async () => {
    const sessions = watchSessions();
    await fit(classifier(), clouds(60), classes);
    const diverging = {
      loss: meanSquaredError(),
      optimizer: sgd({ learningRate: 1 }),
      standardize: false,
      progress: false,
    };
    expect(await rejection(fit(sequential([dense(1)]), line(24), diverging))).toMatchObject({ code: 'divergence' });
    expect(sessions.map(isFreed)).toEqual([true, true]);
  });
});

describe('the history', () => {
  it('case 17: keeps a record of its own for each epoch, which nobody can change', async () => {
    const kept: EpochRecord<'accuracy'>[] = [];
    const options = { ...classes, epochs: 3, validation: 0.2 };
    const epochs = train(classifier(), clouds(60), options);
    let last = await epochs.next();
    for (; !last.done; last = await epochs.next()) kept.push(last.value);
    const { history } = last.value;
    expect(new Set(kept).size).toBe(3);
    expect(kept.map(({ epoch }) => epoch)).toEqual([1, 2, 3]);
    expect(new Set(kept.map(({ loss }) => loss)).size).toBe(3);
    history.forEach((record, i) => {
      expect(record).toBe(kept[i]);
    });
    const record = kept[0] as unknown as Record<string, unknown>;
    expect(() => {
      record.loss = 0;
    }).toThrow(TypeError);
    expect(() => {
      (record.validation as Record<string, unknown>).loss = 0;
    }).toThrow(TypeError);
    expect(() => {
      (history as unknown[]).pop();
    }).toThrow(TypeError);
  });

  it('has the metrics by their names, for training and validation', async () => {
    const run = await fit(classifier(), clouds(60), { ...classes, epochs: 1, validation: 0.2 });
    const [record] = run.history;
    expect(Object.keys(record as object)).toEqual(['epoch', 'loss', 'accuracy', 'validation', 'seconds']);
    expect(Object.keys(record?.validation as object)).toEqual(['loss', 'accuracy']);
  });
});
