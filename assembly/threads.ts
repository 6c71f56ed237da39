/**
 * @file Several threads that run one plan together, each an instance of this module over one shared memory. Every thread has
 * words of its own for the same instructions: the host has cut each output into slices (src/plan/slices.ts), and has marked the
 * instructions before which all must meet. So kernels know nothing of threads; in builds without shared memory this file is
 * left out.
 *
 * The threads talk through a block of words that the host places (`TeamField`). Whoever waits spins for some 12 µs first, which
 * costs nothing while all run, then sleeps, so that a thread whose core was taken by others does not burn the rest.
 */
import { Halt, TeamField } from '../src/plan/opcodes';

/** Turns of a spin, some 0.6 ns each: between steps of a plan, and, longer, between calls. */
const SPINS: i32 = 20000;
const IDLE_SPINS: i32 = 100000;

/** How long the first thread sleeps at a barrier before it counts that as a second of the others' patience. */
const SECOND: i64 = 1000000000;

/** Globals are an instance's own, not shared. */
let index: i32 = 0;
let count: i32 = 1;
let team: usize = 0;
let own: usize = 0;
/** The number of the call under way. */
let call: i32 = 0;

/** @param area bytes of low memory and status of this thread alone; 0 for the first thread, which has those of the memory. */
export function setThread(thread: i32, threads: i32, teamBlock: usize, area: usize): void {
  index = thread; count = threads; team = teamBlock; own = area;
}

/** Where this thread's low memory begins. */
// @ts-ignore: decorator
@inline export function lowMemory(): usize { return ASC_FEATURE_THREADS ? own : 0; }

// @ts-ignore: decorator
@inline function at(field: i32): usize { return team + (<usize>field << 2); }

/** Waits until the word is no longer `seen`; gives up after `patience` seconds, unless that is 0. */
function wait(field: i32, seen: i32, spins: i32, patience: i32): void {
  const word = at(field);
  for (let i = 0; i < spins; i++) if (atomic.load<i32>(word) != seen) return;
  atomic.add<i32>(at(TeamField.sleeping), 1);
  for (let seconds = 0; atomic.load<i32>(word) == seen; seconds++) {
    atomic.wait<i32>(word, seen, SECOND);
    // The others are gone: nothing else would ever wake the first thread.
    if (patience && seconds >= patience) halt(Halt.stalled);
  }
  atomic.sub<i32>(at(TeamField.sleeping), 1);
}

/** Changes a word that others may wait for. */
function ring(field: i32): void {
  atomic.add<i32>(at(field), 1);
  if (atomic.load<i32>(at(TeamField.sleeping))) atomic.notify(at(field), -1);
}

/** Ends the team's work for good: every thread leaves at its next barrier. An earlier reason stays. */
export function halt(reason: i32): void {
  atomic.cmpxchg<i32>(at(TeamField.halted), 0, reason);
  ring(TeamField.generation);
}

/** Returns when all threads have come; not 0 if they shall leave the call. */
export function barrier(): i32 {
  const generation = atomic.load<i32>(at(TeamField.generation));
  // After the generation was read: a halt that comes later changes it.
  if (atomic.load<i32>(at(TeamField.halted))) return 1;
  if (atomic.add<i32>(at(TeamField.arrived), 1) == count - 1) {
    atomic.store<i32>(at(TeamField.arrived), 0);
    // The last to come says it for all. Until they have met again it stays, where a thread that is late to look at `stopped`
    // might see what another has done since, leave alone, and be waited for.
    atomic.store<i32>(at(TeamField.leaving), i32(atomic.load<i32>(at(TeamField.stopped)) == call));
    ring(TeamField.generation);
  } else {
    wait(TeamField.generation, generation, SPINS, index ? 0 : load<i32>(at(TeamField.patience)));
  }
  return atomic.load<i32>(at(TeamField.halted)) | atomic.load<i32>(at(TeamField.leaving));
}

/** An instruction of this thread has stopped the run: the others learn it at the barrier that follows every such instruction. */
export function leave(): void {
  atomic.store<i32>(at(TeamField.stopped), call);
  barrier();
}

/** For the first thread: lets the others begin. */
export function callTeam(): void {
  call = doorbell() + 1;
  ring(TeamField.doorbell);
}

/** For the others: waits for the next call; returns false when there are no more. */
export function awaitCall(): bool {
  wait(TeamField.doorbell, call, IDLE_SPINS, 0);
  call = doorbell();
  return load<i32>(at(TeamField.quit)) == 0;
}

function doorbell(): i32 { return atomic.load<i32>(at(TeamField.doorbell)); }

/** For the others: says that this thread will answer the next call. */
export function enlist(): void {
  call = doorbell();
  atomic.add<i32>(at(TeamField.ready), 1);
}

/** Word `field` of the call. */
// @ts-ignore: decorator
@inline export function callWord(field: i32): i32 { return load<i32>(at(field)); }

/** This thread's part of something that lies once a thread in the memory, `bytes` apart. */
// @ts-ignore: decorator
@inline export function mine(bytes: i32): usize { return <usize>(index * bytes); }
