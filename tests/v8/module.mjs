// A compiled module in any JavaScript host: what it says of itself, running it, reading its columns in place.

/** Compiles and instantiates a module that `sysdl build` wrote. */
export async function load(bytes) {
  const module = await WebAssembly.compile(bytes);
  const [section] = WebAssembly.Module.customSections(module, "sysdl.meta");
  if (!section) throw new Error("this module was not made by `sysdl build`");
  const meta = JSON.parse(new TextDecoder().decode(section));
  const { exports } = await WebAssembly.instantiate(module, {});
  return new Simulation(meta, exports);
}

/** States that `run` returns. */
export const REACHED = 0, DONE = 1, OUT_OF_BUDGET = 2, OUT_OF_POOL = 3;

export class Simulation {
  constructor(meta, exports) {
    this.meta = meta;
    this.exports = exports;
  }

  /** Lays out state for a seed; the scenario's own by default. */
  init(seed = this.meta.seed) {
    if (this.exports.sysdl_init(BigInt(seed)) !== 0) throw new Error("the module refuses this seed");
  }

  /** Handles events before an instant in nanoseconds, at most so many. */
  run(until_ns, max_events = 1_000_000) {
    return this.exports.sysdl_run(BigInt(until_ns), BigInt(max_events));
  }

  /** Simulated time in nanoseconds. */
  now() {
    return Number(this.exports.sysdl_now());
  }

  /** Digest of facts: 0 of all, 2 of requests, 4 + 2i of component i. */
  digest(first = 0) {
    const word = (index) => BigInt.asUintN(64, this.exports.sysdl_digest(index)).toString(16).padStart(16, "0");
    return word(first + 1) + word(first);
  }

  /** Counters of the engine. */
  counters() {
    const directory = new DataView(this.exports.memory.buffer, this.exports.sysdl_columns());
    return { windows: Number(directory.getBigUint64(0, true)), events: Number(directory.getBigUint64(8, true)), requests: Number(directory.getBigUint64(16, true)) };
  }

  /** Sums since the begin, a row per component: an object of the columns that the module names. */
  components() {
    const { buffer } = this.exports.memory;
    const directory = new DataView(buffer, this.exports.sysdl_columns());
    const names = this.meta.columns.component.map(([name]) => name);
    const cells = new BigUint64Array(buffer, directory.getUint32(48, true), this.meta.components.length * names.length);
    return this.meta.components.map((component, row) => ({
      name: component.name,
      ...Object.fromEntries(names.map((name, column) => [name, Number(cells[row * names.length + column])])),
    }));
  }
}
