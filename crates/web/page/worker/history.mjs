// @ts-check
// How a run goes back: states of its memory at earlier instants.

/** Simulated time between two snapshots at first, and bytes that all of them may take. */
const APART_NS = 1e9, SNAPSHOT_BYTES = 256e6;

/** States of a simulation at earlier instants, to go back to. What of its memory was never used is left out. */
export class History {
  /** @param {import("./simulation.mjs").Simulation} simulation @param {[number, number, number, number, number][]} extents */
  constructor(simulation, extents) {
    this.simulation = simulation;
    this.extents = extents;
    this.snapshots = /** @type {any[]} */ ([]);
    this.bytes = 0;
    this.apart_ns = APART_NS;
  }

  /** Intervals of memory that may be in use: between the extents all, within them each column up to its peak. */
  intervals() {
    const { memory } = this.simulation.exports;
    const directory = this.simulation.directory();
    // Peaks of frames, of what is due soon, of the blocks of the calendar and of lanes, in the order of the pools.
    const peaks = [28, 68, 80, 84].map((offset) => directory.getUint32(offset, true));
    const used = [];
    let from = 0;
    for (const [address, columns, cells, bytes, pool] of this.extents) {
      if (address > from) used.push([from, address]);
      const peak = Math.min(cells, peaks[pool]) * bytes;
      for (let column = 0; column < columns && peak > 0; column += 1) used.push([address + column * cells * bytes, address + column * cells * bytes + peak]);
      from = address + columns * cells * bytes;
    }
    used.push([from, memory.buffer.byteLength]);
    return used;
  }

  /** Takes a snapshot if the last one is long ago. */
  take() {
    const { simulation } = this;
    if (simulation.now_ns < (this.snapshots.at(-1)?.now_ns ?? 0) + this.apart_ns) return;
    const memory = simulation.exports.memory.buffer;
    const parts = this.intervals().map(([from, to]) => ({ from, copy: new Uint8Array(memory.slice(from, to)) }));
    const bytes = parts.reduce((sum, { copy }) => sum + copy.length, 0);
    const { now_ns, partial, status, windows_read, records_read } = simulation;
    this.snapshots.push({ now_ns, partial, status, windows_read, records_read, parts, bytes });
    this.bytes += bytes;
    if (this.bytes > SNAPSHOT_BYTES) this.thin();
  }

  /** Every other one goes, and from now on they are twice as far apart. */
  thin() {
    this.snapshots = this.snapshots.filter((_, index) => index % 2 === 1);
    this.bytes = this.snapshots.reduce((sum, { bytes }) => sum + bytes, 0);
    this.apart_ns *= 2;
  }

  /** The simulation is as it was at the last snapshot up to an instant, or at the begin. */
  restore(at_ns) {
    while (this.snapshots.length && this.snapshots.at(-1).now_ns > at_ns) this.bytes -= this.snapshots.pop().bytes;
    const snapshot = this.snapshots.at(-1);
    if (!snapshot) return this.simulation.begin();
    const memory = new Uint8Array(this.simulation.exports.memory.buffer);
    for (const [from, to] of this.intervals()) memory.fill(0, from, to);
    for (const { from, copy } of snapshot.parts) memory.set(copy, from);
    const { now_ns, partial, status, windows_read, records_read } = snapshot;
    Object.assign(this.simulation, { now_ns, partial, status, windows_read, records_read });
  }
}
