// @ts-check
// A run as it is watched: it stops where its recorder says, and goes back.
import { History } from "./history.mjs";
import { WINDOWS_UNREAD } from "./simulation.mjs";

/** Events between two looks at the clock: some ten milliseconds. What is resolved ahead of time lands before each. */
const SLICE_EVENTS = 200_000;
/** Rates are over the last second, or over ten where few requests come (`live.mjs`). */
export const SPANS_NS = [10e9, 1e9];
export const FEW_REQUESTS = 20;

/** A simulation whose every fact goes to a recorder of the compiler, once there is one. */
export class Recorded {
  /** @param {import("../codec.mjs").Compiler | null} compiler @param {number} number @param {import("./simulation.mjs").Simulation} simulation @param {any} loaded what the compiler said of it */
  constructor(compiler, number, simulation, { next_stop_ns, extents }) {
    this.compiler = compiler;
    this.number = number;
    this.simulation = simulation;
    this.history = new History(simulation, extents);
    this.next_stop_ns = next_stop_ns;
    /** The state that the next frame is to be seen beside. @type {any} */
    this.before = undefined;
    // Whether the digest is noted at the next stop. Asking for it where it is not costs little.
    this.checkpoint = true;
  }

  observe(op, totals, digests) {
    this.simulation.note();
    if (!this.compiler) return this.unheard(op);
    const { question, bytes } = this.simulation.parts(totals);
    return this.compiler.ask({ op, run: this.number, ...question, digest: this.simulation.digest(digests) }, bytes).json;
  }

  /** What is shown before the compiler has arrived is not recorded: it runs once more then. */
  unheard(op) {
    if (op === "report") throw new Error("the compiler has not arrived yet");
    this.simulation.parts(false);
    return { next_stop_ns: null };
  }

  /** Goes on up to an instant, unless the end, so many milliseconds or so many events come first. True if it got there. */
  advance(until_ns, turn_ms = Infinity, max_events = Infinity) {
    const { simulation } = this;
    const end = Math.min(until_ns, simulation.meta.duration_ns + 1);
    const began = performance.now();
    while (simulation.partial || (simulation.now_ns < end && !simulation.over)) {
      const stop = this.next_stop_ns === null ? Infinity : this.next_stop_ns + 1;
      const slice = Math.min(end, stop, simulation.now_ns + WINDOWS_UNREAD * simulation.meta.window_ns);
      simulation.run(slice, Math.min(SLICE_EVENTS, max_events));
      max_events -= SLICE_EVENTS;
      if (!simulation.partial && slice === stop && !simulation.out_of_pool) this.stopped();
      else if (simulation.unread) this.observe("drain", false, 0);
      this.history.take();
      if (max_events <= 0 || performance.now() - began > turn_ms) return false;
    }
    return true;
  }

  /** Goes on to an instant, and notes on the way what rates there may be over. */
  approach(at_ns) {
    const { simulation } = this;
    this.before = [];
    for (const span_ns of SPANS_NS) {
      if (at_ns - span_ns < simulation.now_ns) continue;
      this.advance(at_ns - span_ns);
      this.before.push({ now_ns: simulation.now_ns, totals: simulation.totals() });
    }
    this.advance(at_ns);
  }

  stopped() {
    const answer = this.observe("stop", true, this.checkpoint ? 2 : 0);
    this.next_stop_ns = answer.next_stop_ns;
    this.checkpoint = answer.checkpoint;
  }

  /** Handles the rest of the present instant, so that what is read is of a whole one. */
  settle() {
    if (this.simulation.partial) this.advance(this.simulation.now_ns + 1);
  }

  report() {
    this.settle();
    return this.observe("report", true, 4 + 2 * this.simulation.meta.components.length);
  }

  /** Goes back to an instant, or to somewhere before it. */
  rewind(at_ns) {
    this.history.restore(at_ns);
    this.simulation.forget();
    this.next_stop_ns = this.observe("rewind", false, 0).next_stop_ns;
    this.checkpoint = true;
  }
}
