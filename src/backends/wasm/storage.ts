/**
 * @file Decides where every value of a graph lives: in a block, in a constant, at an offset within another value (views,
 * segments, packed leaves), or in the arena for as long as it is needed. Moves nothing that need not be moved.
 */
import { BYTES } from '../../core/dtype.ts';
import { must } from '../../core/errors.ts';
import { type Shape, sameShape, sizeOf } from '../../core/shape.ts';
import type { Graph, Node, Spec, Value } from '../../graph/node.ts';
import type { Program } from '../../graph/program.ts';
import { type MatmulAttributes, matmulSizes } from '../../ops/matmul.ts';
import { planMemory } from '../../plan/memory.ts';
import { Constant } from '../../plan/opcodes.ts';
import { matmulScratchBytes } from '../../plan/sizes.ts';

/** A range of memory: a session's block, a plan's constant, or a part of the arena from node `first` to node `last`. */
export interface Storage {
  readonly kind: 'block' | 'constant' | 'arena';
  readonly name: string;
  readonly bytes: number;
  first: number;
  last: number;
  /** Bytes from the start of the arena, or the address, once known. */
  address: number;
}

export interface Place {
  readonly storage: Storage;
  /** In bytes. */
  readonly offset: number;
}

export interface StoragePlan {
  readonly blocks: ReadonlyMap<string, Storage>;
  readonly places: ReadonlyMap<Value, Place>;
  readonly constants: readonly { readonly storage: Storage; readonly value: Value }[];
  readonly scratch: ReadonlyMap<Node, Storage>;
  /** Where values that lie in another block wait until that block has been renewed, by graph output. */
  readonly staged: ReadonlyMap<number, Storage>;
  readonly arena: readonly Storage[];
  readonly arenaBytes: number;
}

export function bytesOf(spec: Spec): number {
  return sizeOf(spec.shape) * BYTES[spec.dtype];
}

/** The input that output 0 is a view of, with the offset in bytes; undefined for nodes that compute. */
function viewOf(node: Node): { source: Value; offset: number } | undefined {
  const source = node.inputs[0] as Value;
  switch (node.op.name) {
    case 'reshape':
    case 'identity':
    case 'guard':
      return { source, offset: 0 };
    case 'cast':
      return source.dtype === node.outputs[0]?.dtype ? { source, offset: 0 } : undefined;
    case 'segment':
      return { source, offset: (node.attributes.offset as number) * 4 };
    default:
      return undefined;
  }
}

/** For ops that update in place: which output takes over which input. */
const IN_PLACE: Readonly<Record<string, readonly (readonly [output: number, input: number])[]>> = {
  adamStep: [
    [0, 0],
    [1, 2],
    [2, 3],
  ],
  sgdStep: [
    [0, 0],
    [1, 2],
  ],
};

function scratchBytes({ inputs, attributes }: Node): number {
  const [lhs, rhs] = inputs as [Value, Value];
  return matmulScratchBytes(matmulSizes(lhs.shape, rhs.shape, attributes as MatmulAttributes));
}

/** What follows all nodes: storing results. Outputs are read then. */
const endOf = (graph: Graph): number => graph.nodes.length;

/** The last node that reads each value, through views as well. */
function lastReads(graph: Graph): Map<Value, number> {
  const last = new Map<Value, number>();
  const read = (value: Value, at: number): void => {
    last.set(value, Math.max(last.get(value) ?? -1, at));
  };
  for (const output of graph.outputs) read(output, endOf(graph));
  for (let at = graph.nodes.length - 1; at >= 0; at--) {
    const node = graph.nodes[at] as Node;
    const view = viewOf(node);
    for (const input of node.inputs) read(input, at);
    if (view !== undefined) read(view.source, last.get(node.outputs[0] as Value) ?? at);
  }
  return last;
}

/** Plans the storage of one program, whose graph has passed the passes. */
export function planStorage(program: Program, blocks: ReadonlyMap<string, Storage>): StoragePlan {
  const { graph } = program;
  const last = lastReads(graph);
  const lastOf = (value: Value): number => last.get(value) ?? -1;
  const places = new Map<Value, Place>();
  const arena: Storage[] = [];
  const reserve = (name: string, bytes: number, first: number, until: number): Storage => {
    const storage: Storage = {
      kind: 'arena',
      name,
      bytes: bytes + Constant.slackBytes,
      first,
      last: Math.max(first, until),
      address: 0,
    };
    arena.push(storage);
    return storage;
  };
  graph.inputs.forEach((input, i) => {
    const binding = must(program.inputs[i], 'a binding');
    const storage =
      binding.kind === 'block'
        ? must(blocks.get(binding.name), `block ${binding.name}`)
        : reserve(binding.name, bytesOf(input), -1, lastOf(input));
    places.set(input, { storage, offset: 0 });
  });

  const targets = packTargets(graph);
  for (const [value, place] of blockTargets(program, places, lastOf)) targets.set(value, place);
  const packs = new Map<Value, Storage>();
  const constants: { storage: Storage; value: Value }[] = [];
  const scratch = new Map<Node, Storage>();
  const occupants = new Map<Storage, Value[]>();

  graph.nodes.forEach((node, at) => {
    const view = viewOf(node);
    if (node.op.name === 'matmul' || node.op.name === 'linear')
      scratch.set(node, reserve('scratch', scratchBytes(node), at, at));
    node.outputs.forEach((output, i) => {
      if (i === 0 && view !== undefined) {
        const { storage, offset } = must(places.get(view.source), 'a placed source');
        places.set(output, { storage, offset: offset + view.offset });
        return;
      }
      if (node.op.name === 'constant') {
        const storage: Storage = {
          kind: 'constant',
          name: `constant ${constants.length}`,
          bytes: bytesOf(output) + Constant.slackBytes,
          first: -1,
          last: endOf(graph),
          address: 0,
        };
        constants.push({ storage, value: output });
        places.set(output, { storage, offset: 0 });
        return;
      }
      const target = targets.get(output);
      let place: Place;
      if (target === undefined) {
        const taken = takeOver(node, output, at, places, targets, occupants, lastOf);
        place = {
          storage: taken ?? packs.get(output) ?? reserve(node.op.name, bytesOf(output), at, lastOf(output)),
          offset: 0,
        };
      } else if ('pack' in target) {
        let storage = packs.get(target.pack);
        if (storage === undefined) {
          storage = reserve('pack', bytesOf(target.pack), at, lastOf(target.pack));
          packs.set(target.pack, storage);
        }
        place = { storage, offset: target.offset };
      } else place = target;
      place.storage.last = Math.max(place.storage.last, lastOf(output));
      places.set(output, place);
      occupants.set(place.storage, [...(occupants.get(place.storage) ?? []), output]);
    });
  });
  const staged = new Map<number, Storage>();
  graph.outputs.forEach((output, i) => {
    const binding = must(program.outputs[i], 'a binding');
    const { storage } = must(places.get(output), 'a placed output');
    if (binding.kind === 'block' && storage.kind === 'block' && storage !== blocks.get(binding.name))
      staged.set(i, reserve('staged', bytesOf(output), endOf(graph), endOf(graph)));
  });
  const memory = planMemory(arena);
  arena.forEach((storage, i) => {
    storage.address = memory.offsets[i] as number;
  });
  return { blocks, places, constants, scratch, staged, arena, arenaBytes: memory.bytes };
}

type Target = Place | { readonly pack: Value; readonly offset: number };

/** Values that are computed straight into a packed block: those that one pack alone takes, through full views. */
function packTargets(graph: Graph): Map<Value, Target> {
  const targets = new Map<Value, Target>();
  const inputs = new Set(graph.inputs);
  for (const node of graph.nodes) {
    if (node.op.name !== 'pack') continue;
    node.inputs.forEach((leaf, i) => {
      let value = leaf;
      while (
        value.node !== undefined &&
        viewOf(value.node)?.offset === 0 &&
        bytesOf(viewOf(value.node)?.source as Value) === bytesOf(leaf)
      ) {
        value = viewOf(value.node)?.source as Value;
      }
      const made = value.node;
      const computed =
        made !== undefined &&
        !inputs.has(value) &&
        viewOf(made) === undefined &&
        made.op.name !== 'constant' &&
        made.op.name !== 'pack';
      if (computed && !targets.has(value) && IN_PLACE[made.op.name] === undefined) {
        targets.set(value, {
          pack: node.outputs[0] as Value,
          offset: ((node.attributes.offsets as number[])[i] as number) * 4,
        });
      }
    });
  }
  return targets;
}

/** New values of blocks that are computed over the old, since nothing reads the old any more. */
function blockTargets(
  program: Program,
  places: ReadonlyMap<Value, Place>,
  lastOf: (value: Value) => number,
): Map<Value, Place> {
  const { graph } = program;
  const targets = new Map<Value, Place>();
  graph.outputs.forEach((output, i) => {
    const binding = must(program.outputs[i], 'a binding');
    const made = output.node;
    if (binding.kind !== 'block' || made === undefined) return;
    const pair = IN_PLACE[made.op.name]?.find(([index]) => made.outputs[index] === output);
    const old = pair === undefined ? undefined : made.inputs[pair[1]];
    const index = old === undefined ? -1 : graph.inputs.indexOf(old);
    if (old === undefined || index < 0) return;
    const bound = program.inputs[index];
    const isSameBlock = bound?.kind === 'block' && bound.name === binding.name;
    if (isSameBlock && lastOf(old) === graph.nodes.indexOf(made))
      targets.set(output, must(places.get(old), 'a placed block'));
  });
  return targets;
}

/** The storage of an operand that dies here and has the output's shape, for elementwise ops. */
function takeOver(
  node: Node,
  output: Value,
  at: number,
  places: ReadonlyMap<Value, Place>,
  targets: ReadonlyMap<Value, Target>,
  occupants: ReadonlyMap<Storage, readonly Value[]>,
  lastOf: (value: Value) => number,
): Storage | undefined {
  const isLossGradient = node.op.name === 'softmaxCrossEntropyGradient';
  if (node.op.kind !== 'elementwise' && !isLossGradient) return undefined;
  const candidates = isLossGradient ? node.inputs.slice(0, 1) : node.inputs;
  const fits = (input: Value): boolean => {
    const { storage, offset } = must(places.get(input), 'a placed operand');
    const values = occupants.get(storage) ?? [];
    const isAlone =
      offset === 0 &&
      storage.kind === 'arena' &&
      values.length > 0 &&
      values.every((value) => lastOf(value) <= at && !targets.has(value));
    const isRead = node.inputs.filter((other) => must(places.get(other), 'a placed operand').storage === storage);
    return (
      isAlone &&
      input.dtype === 'f32' &&
      sameFlat(input.shape, output.shape) &&
      isRead.every((other) => sameShape(other.shape, input.shape))
    );
  };
  const source = candidates.find(fits);
  return source === undefined ? undefined : places.get(source)?.storage;
}

/** Equal but for leading ones, so that every element keeps its place. */
function sameFlat(a: Shape, b: Shape): boolean {
  const strip = (shape: Shape): Shape => shape.slice(shape.findIndex((dimension) => dimension !== 1));
  return sizeOf(a) === sizeOf(b) && (sameShape(a, b) || sameShape(strip(a), strip(b)));
}
