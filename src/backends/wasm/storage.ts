/**
 * @file Decides where every value of a graph lives: in a block, in a constant, at an offset within another value (views,
 * segments, packed leaves), or in the arena for as long as it is needed. Moves nothing that need not be moved.
 */
import { must } from '../../core/errors.ts';
import { type Shape, sameShape, sizeOf } from '../../core/shape.ts';
import type { Node, Value } from '../../graph/node.ts';
import type { Program } from '../../graph/program.ts';
import { planMemory } from '../../plan/memory.ts';
import { Constant } from '../../plan/opcodes.ts';
import type { LoweringTable } from './lower/context.ts';
import {
  blockTargets,
  bytesOf,
  endOf,
  lastReads,
  type Place,
  packTargets,
  type Storage,
  type Target,
  viewOf,
} from './placement.ts';

export interface StoragePlan {
  readonly blocks: ReadonlyMap<string, Storage>;
  readonly places: ReadonlyMap<Value, Place>;
  readonly constants: readonly { readonly storage: Storage; readonly value: Value }[];
  readonly scratch: ReadonlyMap<Node, Storage>;
  /** Where values that lie in another block wait until that block has been renewed, by graph output. */
  readonly staged: ReadonlyMap<number, Storage>;
  readonly arena: readonly Storage[];
  readonly arenaBytes: number;
  readonly loops: ReadonlyMap<Node, LoopStorage>;
}

/** Where the values of a loop's body live. */
export interface LoopStorage {
  readonly carries: number;
  readonly program: Program;
  readonly plan: StoragePlan;
  /** The part of the outer arena that is the body's. */
  readonly chunk: Storage;
  /** What carries and constants are to the body, by input; they get their addresses when the loop is lowered. */
  readonly bound: ReadonlyMap<number, Storage>;
}

/** Adds the arena's address to everything in it. */
export function relocate({ arena, loops }: StoragePlan, address: number): void {
  for (const storage of arena) storage.address += address;
  for (const { plan, chunk } of loops.values()) relocate(plan, chunk.address);
}

/** What planning asks of the lowerings. */
type PlanningTable = Pick<LoweringTable, 'scratchBytes' | 'planLoop'>;

/** Plans the storage of one program, whose graph has passed the passes. */
export function planStorage(program: Program, blocks: ReadonlyMap<string, Storage>, table: PlanningTable): StoragePlan {
  return new StoragePlanner(program, blocks, table).plan();
}

class StoragePlanner {
  readonly #program: Program;
  readonly #blocks: ReadonlyMap<string, Storage>;
  readonly #table: PlanningTable;
  readonly #last: ReadonlyMap<Value, number>;
  readonly #places = new Map<Value, Place>();
  readonly #targets: Map<Value, Target>;
  readonly #arena: Storage[] = [];
  readonly #constants: { storage: Storage; value: Value }[] = [];
  readonly #packs = new Map<Value, Storage>();
  readonly #loops = new Map<Node, LoopStorage>();
  /** Which values share a storage, since elementwise ops take over their operands'. */
  readonly #occupants = new Map<Storage, Value[]>();

  constructor(program: Program, blocks: ReadonlyMap<string, Storage>, table: PlanningTable, isLoop = false) {
    const { graph } = program;
    this.#table = table;
    this.#program = program;
    this.#blocks = blocks;
    this.#last = lastReads(graph);
    this.#placeInputs();
    this.#targets = packTargets(graph);
    for (const [value, place] of blockTargets(program, this.#places, this.#lastOf, isLoop))
      this.#targets.set(value, place);
  }

  plan(): StoragePlan {
    const { graph } = this.#program;
    const scratch = new Map<Node, Storage>();
    graph.nodes.forEach((node, at) => {
      const bytes = this.#table.scratchBytes[node.op.name]?.(node);
      if (bytes !== undefined) scratch.set(node, this.#reserve('scratch', bytes, at, at));
      if (node.op.kind === 'loop') this.#placeLoop(node, at);
      else
        node.outputs.forEach((output, i) => {
          this.#places.set(output, this.#placeOf(node, output, i, at));
        });
    });
    const staged = this.#stage();
    const memory = planMemory(this.#arena);
    this.#arena.forEach((storage, i) => {
      storage.address = memory.offsets[i] as number;
    });
    return {
      blocks: this.#blocks,
      places: this.#places,
      constants: this.#constants,
      scratch,
      staged,
      arena: this.#arena,
      arenaBytes: memory.bytes,
      loops: this.#loops,
    };
  }

  /** Carries have one place for all turns, results are stacked, and the body's own values share a part of the arena. */
  #placeLoop(node: Node, at: number): void {
    const loop = must(this.#table.planLoop, 'the planner of loops')(node, (program, blocks) =>
      new StoragePlanner(program, blocks, this.#table, true).plan(),
    );
    this.#constants.push(...loop.plan.constants);
    this.#loops.set(node, { ...loop, chunk: this.#reserve('loop', loop.plan.arenaBytes, at, at) });
    node.outputs.forEach((output, i) => {
      const place =
        i < loop.carries
          ? { storage: this.#reserve('carry', bytesOf(output), at, this.#lastOf(output)), offset: 0 }
          : this.#computed(node, output, at);
      this.#settle(output, place);
    });
  }

  #lastOf = (value: Value): number => this.#last.get(value) ?? -1;

  #reserve(name: string, bytes: number, first: number, last: number): Storage {
    const size = bytes + Constant.slackBytes;
    const storage: Storage = { kind: 'arena', name, bytes: size, first, last: Math.max(first, last), address: 0 };
    this.#arena.push(storage);
    return storage;
  }

  #placeInputs(): void {
    this.#program.graph.inputs.forEach((input, i) => {
      const { kind, name } = must(this.#program.inputs[i], 'a binding');
      const storage =
        kind === 'block'
          ? must(this.#blocks.get(name), `block ${name}`)
          : this.#reserve(name, bytesOf(input), -1, this.#lastOf(input));
      this.#places.set(input, { storage, offset: 0 });
    });
  }

  #placeOf(node: Node, output: Value, index: number, at: number): Place {
    const view = index === 0 ? viewOf(node) : undefined;
    if (view !== undefined) {
      const { storage, offset } = must(this.#places.get(view.source), 'a placed source');
      return { storage, offset: offset + view.offset };
    }
    if (node.op.name === 'constant') return this.#constant(output);
    return this.#settle(output, this.#computed(node, output, at));
  }

  #settle(output: Value, place: Place): Place {
    place.storage.last = Math.max(place.storage.last, this.#lastOf(output));
    const occupants = this.#occupants.get(place.storage) ?? [];
    this.#occupants.set(place.storage, [...occupants, output]);
    this.#places.set(output, place);
    return place;
  }

  #constant(value: Value): Place {
    const name = `constant ${this.#constants.length}`;
    const bytes = bytesOf(value) + Constant.slackBytes;
    const storage: Storage = { kind: 'constant', name, bytes, first: -1, last: endOf(this.#program.graph), address: 0 };
    this.#constants.push({ storage, value });
    return { storage, offset: 0 };
  }

  #computed(node: Node, output: Value, at: number): Place {
    const target = this.#targets.get(output);
    if (target === undefined) {
      const storage =
        this.#takeOver(node, output, at) ??
        this.#packs.get(output) ??
        this.#reserve(node.op.name, bytesOf(output), at, this.#lastOf(output));
      return { storage, offset: 0 };
    }
    if (!('pack' in target)) return target;
    const { pack, offset } = target;
    const storage = this.#packs.get(pack) ?? this.#reserve('pack', bytesOf(pack), at, this.#lastOf(pack));
    this.#packs.set(pack, storage);
    return { storage, offset };
  }

  /** The storage of an operand that dies here and has the output's shape, for elementwise ops. */
  #takeOver(node: Node, output: Value, at: number): Storage | undefined {
    const placeOf = (value: Value): Place => must(this.#places.get(value), 'a placed operand');
    const isLossGradient = node.op.name === 'softmaxCrossEntropyGradient';
    if (node.op.kind !== 'elementwise' && !isLossGradient) return undefined;
    const candidates = isLossGradient ? node.inputs.slice(0, 1) : node.inputs;
    const fits = (input: Value): boolean => {
      const { storage, offset } = placeOf(input);
      const values = this.#occupants.get(storage) ?? [];
      const isAlone =
        offset === 0 &&
        storage.kind === 'arena' &&
        values.length > 0 &&
        values.every((value) => this.#lastOf(value) <= at && !this.#targets.has(value));
      const isRead = node.inputs.filter((other) => placeOf(other).storage === storage);
      return (
        isAlone &&
        input.dtype === 'f32' &&
        sameFlat(input.shape, output.shape) &&
        isRead.every((other) => sameShape(other.shape, input.shape))
      );
    };
    const source = candidates.find(fits);
    return source === undefined ? undefined : placeOf(source).storage;
  }

  /** Room for results that lie in another block than their own, which may be renewed before they are copied. */
  #stage(): Map<number, Storage> {
    const { graph, outputs } = this.#program;
    const end = endOf(graph);
    const staged = new Map<number, Storage>();
    graph.outputs.forEach((output, i) => {
      const { kind, name } = must(outputs[i], 'a binding');
      const { storage } = must(this.#places.get(output), 'a placed output');
      const isElsewhere = kind === 'block' && storage.kind === 'block' && storage !== this.#blocks.get(name);
      if (isElsewhere) staged.set(i, this.#reserve('staged', bytesOf(output), end, end));
    });
    return staged;
  }
}

/** Equal but for leading ones, so that every element keeps its place. */
function sameFlat(a: Shape, b: Shape): boolean {
  const strip = (shape: Shape): Shape => shape.slice(shape.findIndex((dimension) => dimension !== 1));
  return sizeOf(a) === sizeOf(b) && (sameShape(a, b) || sameShape(strip(a), strip(b)));
}
