/**
 * @file What `npm start` runs: a network that learns to read digits, from nothing, in under a minute.
 *
 *   npm start
 *   npm start -- --epochs 3 --seed 7
 */
import { mkdirSync, statSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, styleText } from 'node:util';
import { accuracy, type ClassPrediction, crossEntropy, dense, fit, loadModel, sequential } from 'saddlepoint';
import { learningCurve } from 'saddlepoint/plot';
import { drawDigits, type Picture } from './draw-digits.ts';
import { type Digits, readMnist, SIDE } from './mnist-data.ts';

const out = (name: string): string => fileURLToPath(new URL(`../out/${name}`, import.meta.url));
const say = (text: string): void => void process.stdout.write(`${text}\n`);
const thousands = (n: number): string => n.toLocaleString('en-US');

async function main(): Promise<void> {
  const { epochs, seed } = options();
  const { train, test } = readMnist();
  say(`MNIST: ${thousands(train.y.length)} digits to learn from, ${thousands(test.y.length)} to be tested with.`);
  say('A network of 784 inputs, 128 hidden units and 10 outputs learns them:\n');

  const model = sequential([dense(128, { activation: 'relu' }), dense(10)]);
  const began = performance.now();
  const run = await fit(model, train, {
    ...{ loss: crossEntropy(), metrics: [accuracy()], epochs, batchSize: 128, seed },
    ...{ validation: 5000 / 60_000, progress: true },
  });
  const seconds = (performance.now() - began) / 1000;
  const { accuracy: share } = await run.evaluate(test);
  const examples = thousands(Math.round((run.history.length * 55_000) / seconds));
  say(`\ntrained in ${seconds.toFixed(1)} s (${examples} examples a second) on ${run.device.name}`);
  say(`weights of epoch ${run.bestEpoch}, which did best on 5,000 digits held out`);
  say(`test accuracy ${share.toFixed(4)}\n`);

  const answers = (await run.predict(test.x)) as ClassPrediction[];
  say(drawDigits(pictures(test, answers), process.stdout.columns ?? 80));

  mkdirSync(out(''), { recursive: true });
  await run.save(out('mnist.safetensors'));
  writeFileSync(
    out('learning-curve.svg'),
    learningCurve(run.history, `MNIST, 784-128-10: test accuracy ${share.toFixed(4)}`),
  );
  const loaded = await loadModel(out('mnist.safetensors'));
  const again = (await loaded.predict(test.x)) as ClassPrediction[];
  const equal = answers.filter((answer, i) => isSame(answer, again[i] as ClassPrediction)).length;
  for (const name of ['mnist.safetensors', 'learning-curve.svg'])
    say(`wrote ${relative(process.cwd(), out(name))} (${thousands(Math.ceil(statSync(out(name)).size / 1024))} KB)`);
  say(`reloaded the model: ${thousands(equal)} of ${thousands(answers.length)} answers are equal, bit for bit`);
  if (equal !== answers.length)
    throw new Error('The model that was read answers otherwise than the one that was written.');
}

/** The options of the command line, checked. */
function options(): { epochs: number; seed: number } {
  const { values } = parseArgs({
    options: { epochs: { type: 'string', default: '8' }, seed: { type: 'string', default: '1' } },
  });
  const whole = (name: 'epochs' | 'seed'): number => {
    if (!/^\d+$/.test(values[name])) throw new Error(`--${name}: expected a whole number, got '${values[name]}'`);
    return Number(values[name]);
  };
  return { epochs: whole('epochs'), seed: whole('seed') };
}

/** The first digits of the test, and the first ones that the model gets wrong. */
function pictures({ x, y }: Digits, answers: readonly ClassPrediction[]): Picture[] {
  const isRight = (i: number): boolean => answers[i]?.label === String(y[i]);
  const all = answers.map((_, i) => i);
  const chosen = [...all.filter(isRight).slice(0, 4), ...all.filter((i) => !isRight(i)).slice(0, 2)];
  return chosen.map((i) => {
    const { label, probabilities } = answers[i] as ClassPrediction;
    const percent = (100 * (probabilities[label] as number)).toFixed(1);
    const verdict = isRight(i) ? colored('green', '✓ right') : colored('red', `✗ wrong: it is ${y[i]}`);
    return {
      pixels: x.subarray(i * SIDE * SIDE, (i + 1) * SIDE * SIDE),
      lines: [`answer ${label} (${percent} %)`, verdict],
    };
  });
}

function colored(color: 'green' | 'red', text: string): string {
  return process.stdout.isTTY && process.stdout.hasColors() ? styleText(color, text) : text;
}

function isSame(a: ClassPrediction, b: ClassPrediction): boolean {
  return (
    a.label === b.label && Object.entries(a.probabilities).every(([name, p]) => Object.is(p, b.probabilities[name]))
  );
}

try {
  await main();
} catch (error) {
  process.stderr.write(`error: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
