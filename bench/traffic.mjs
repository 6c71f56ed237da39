// @ts-check
/**
 * @file What goes from core to core in a training step of two threads: of each instruction, the lines of 64 bytes that a thread
 * reads and the other wrote last, and those that it writes and the other holds. From the plan alone, which knows operands from
 * their first byte to their last: columns of a wider matrix count as all that lies between.
 *
 *   node bench/traffic.mjs CNN
 */
import { items } from './items.mjs';
import { dataOf, modelOf, optionsOf } from './networks.mjs';
import { inside, loadModules } from './ours.mjs';

const LINE = 64;
/** Names are written of operands that move so many lines at least. */
const NAMED = 20;

const item = items.find(({ name }) => name === process.argv[2]);
if (item === undefined) {
  console.error(`error: which item? node bench/traffic.mjs ${items.map(({ name }) => name).join(' | ')}`);
  process.exit(2);
}

const { Team } = await inside('backends/wasm/team');
const { operandsAt } = await inside('plan/operands');
const { instructionsOf, opcodeAt } = await inside('plan/instruction');
const { Constant, Opcode } = await inside('plan/opcodes');

/** @type {any} */
let team;
const { open } = Team;
Team.open = async (/** @type {unknown[]} */ ...options) => {
  const opened = await open.apply(Team, options);
  team ??= opened;
  return opened;
};
const library = await loadModules();
const options = { ...optionsOf(library, item), deterministic: true, threads: 2, epochs: 1 };
for await (const _ of library.train(modelOf(library, item), dataOf(library, item, 1), options));
if (team === undefined) {
  console.log(`${item.name}: its steps are too short to share`);
  process.exit();
}

const name = `train ${item.batchSize}`;
/** @type {Int32Array} */
const whole = team.image.programs.get(name).plan.words;
const starts = [...instructionsOf(whole)];
/** @type {Int32Array[]} */
const own = [0, 1].map((thread) => team.wordsOf(name, thread).slice());
const meets = new Set(starts.filter((at) => (own[0]?.[at] ?? 0) & Constant.meetFirst));
for (const words of own) for (const at of starts) words[at] = (words[at] ?? 0) & ~Constant.meetFirst;

/** Of a line: the threads that hold it, as bits, and which wrote it last, unless another has read it since. */
const holders = new Map();
const writer = new Map();

/** The lines of one operand that come from the other thread, or are taken from it. @param {number} thread @param {any} operand */
function move(thread, { address, bytes, writes }) {
  const bit = 1 << thread;
  let moved = 0;
  for (let line = Math.floor(address / LINE); line * LINE < address + bytes; line++) {
    const held = holders.get(line) ?? 0;
    const isForeign = writer.get(line) === 1 - thread;
    if (writes) {
      if (held & ~bit) moved++;
      holders.set(line, bit);
      writer.set(line, thread);
    } else {
      if (isForeign && !(held & bit)) moved++;
      if (isForeign) writer.delete(line);
      holders.set(line, held | bit);
    }
  }
  return moved;
}

/** One step. @param {boolean} prints */
function step(prints) {
  const sums = [0, 0];
  for (const at of starts) {
    const operands = own.map((words) => (opcodeAt(words, at) === 0 ? [] : operandsAt(words, at)));
    const moved = [0, 0];
    /** @type {string[]} */
    const named = [];
    for (const writes of [false, true])
      for (const thread of [0, 1])
        for (const operand of operands[thread]) {
          if (operand.writes !== writes || operand.name === 'scratch') continue;
          const lines = move(thread, operand);
          moved[thread] = (moved[thread] ?? 0) + lines;
          if (lines >= NAMED) named.push(`${operand.name} ${lines} of ${Math.ceil(operand.bytes / LINE)} (${thread})`);
        }
    moved.forEach((lines, thread) => {
      sums[thread] = (sums[thread] ?? 0) + lines;
    });
    const mark = meets.has(at) ? '*' : ' ';
    if (prints)
      console.log(
        `${mark} ${String(Opcode[opcodeAt(whole, at)]).padEnd(24)}${moved.join(' + ').padEnd(16)}${named.join(', ')}`,
      );
  }
  return sums;
}

console.log(`${item.name}: lines from the other core, by instruction; threads meet before those with *`);
step(false);
step(false);
const sums = step(true);
console.log(`${sums.join(' + ')} lines a step`);
