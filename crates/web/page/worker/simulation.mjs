// @ts-check
// A module of the compiler that runs: what goes in, and what is read of its memory.

/** Windows and records that may wait in the module's rings; both hold several times as many. */
export const WINDOWS_UNREAD = 16;
const RECORDS_UNREAD = 512;
/** What `sysdl_run` returns. */
const REACHED = 0, DONE = 1, OUT_OF_BUDGET = 2, OUT_OF_POOL = 3;
/** Kinds of records, as the kernel numbers them. */
const KINDS = {
  1: "effect_on", 2: "effect_off", 3: "queue_full", 4: "queue_drained", 5: "overloaded", 6: "breaker_open", 7: "breaker_closed", 8: "peer_out",
  9: "peer_back", 12: "scaled", 14: "rebalance", 15: "rebalanced", 20: "led_anew", 21: "leader_lost", 22: "election_timeout", 23: "candidate",
  24: "elected", 25: "not_elected",
};

/** A module that runs, and how much of it has been read. */
export class Simulation {
  status = REACHED;
  /** Whether the present instant is not whole yet. */
  partial = false;
  now_ns = 0;
  /** Windows and records that a recorder has read, and records that were noted. */
  windows_read = 0;
  records_read = 0;
  noted = 0;
  /** Transitions so far, and how many of them were told. @type {any[]} */ log = [];
  told = 0;
  /** @type {Uint8Array | undefined} */ kinds;

  /** @param {WebAssembly.Module} module @param {string} seed */
  constructor(module, seed) {
    const [section] = WebAssembly.Module.customSections(module, "sysdl.meta");
    this.meta = JSON.parse(new TextDecoder().decode(section));
    this.module = module;
    this.seed = seed;
    this.begin();
  }

  /** Everything is as it was before the first event. */
  begin() {
    this.exports = /** @type {any} */ (new WebAssembly.Instance(this.module, {}).exports);
    if (this.exports.sysdl_init(BigInt.asIntN(64, BigInt(this.seed))) !== 0) throw new Error("the module refuses this seed");
    Object.assign(this, { status: REACHED, partial: false, now_ns: 0, windows_read: 0, records_read: 0, log: [], noted: 0, told: 0 });
  }

  /** Handles events before an instant, at most so many. */
  run(until_ns, max_events) {
    this.status = this.exports.sysdl_run(BigInt(until_ns), BigInt(max_events));
    this.now_ns = Number(this.exports.sysdl_now());
    this.partial = this.status === OUT_OF_BUDGET;
  }

  /** Whether it had to stop: more requests were in flight than there is room for. */
  get out_of_pool() {
    return this.status === OUT_OF_POOL;
  }

  get over() {
    return this.status === DONE || this.out_of_pool || this.now_ns > this.meta.duration_ns;
  }

  directory() {
    return new DataView(this.exports.memory.buffer, this.exports.sysdl_columns());
  }

  /** A count in the directory: of events at 8, of requests at 16. */
  count(at) {
    const directory = this.directory();
    return directory.getUint32(at, true) + directory.getUint32(at + 4, true) * 4294967296;
  }

  /** Whether what waits in the rings should be read. */
  get unread() {
    const windows = this.directory().getUint32(0, true) - this.windows_read;
    const ring = new DataView(this.exports.memory.buffer, this.exports.sysdl_records());
    return windows >= WINDOWS_UNREAD || ring.getUint32(0, true) - this.records_read >= RECORDS_UNREAD;
  }

  /** Words of the digest: two of all facts, two of requests, two for each component. */
  digest(words) {
    const word = (index) => BigInt.asUintN(64, this.exports.sysdl_digest(index)).toString(16);
    return Array.from({ length: words }, (_, index) => word(index));
  }

  /** Parts of memory that a recorder reads: what is new, and the totals with their histograms if they are wanted. */
  parts(totals) {
    const memory = this.exports.memory.buffer;
    const [columns, records] = [this.exports.sysdl_columns(), this.exports.sysdl_records()];
    const [directory, ring] = [new DataView(memory, columns), new DataView(memory, records)];
    const parts = [[columns, 88], [records, 16]];
    const row = directory.getUint32(32, true) * 8;
    const [slots, closed] = [directory.getUint32(36, true), directory.getUint32(0, true)];
    for (; this.windows_read < closed; this.windows_read += 1) parts.push([directory.getUint32(56, true) + (this.windows_read % slots) * row, row]);
    const [written, capacity, first] = [ring.getUint32(0, true), ring.getUint32(8, true), ring.getUint32(12, true)];
    const from = Math.max(this.records_read, written - capacity);
    if (written > from) {
      const [low, high] = [from % capacity, ((written - 1) % capacity) + 1];
      parts.push(...(low < high ? [[first + low * 40, (high - low) * 40]] : [[first + low * 40, (capacity - low) * 40], [first, high * 40]]));
    }
    this.records_read = written;
    if (totals) {
      const counts = directory.getUint32(40, true) * directory.getUint32(44, true) * 4;
      parts.push([directory.getUint32(48, true), row], [directory.getUint32(52, true), row]);
      parts.push([directory.getUint32(60, true), counts], [directory.getUint32(64, true), counts]);
    }
    return { question: { columns, records, now_ns: this.now_ns, status: this.status, parts }, bytes: parts.map(([at, length]) => new Uint8Array(memory, at, length)) };
  }

  /** Notes transitions before the ring loses them. */
  note() {
    const memory = this.exports.memory.buffer;
    const ring = new DataView(memory, this.exports.sysdl_records());
    const [written, capacity, first] = [ring.getUint32(0, true), ring.getUint32(8, true), ring.getUint32(12, true)];
    for (let index = Math.max(this.noted, written - capacity); index < written; index += 1) {
      const record = new DataView(memory, first + (index % capacity) * 40);
      const kind = KINDS[record.getUint32(8, true)];
      const long = (at) => Number(record.getBigUint64(at, true));
      if (kind) this.log.push({ at_ns: long(0), kind, entity: record.getUint32(12, true), a: long(16), b: long(24), key: long(32) });
    }
    this.noted = written;
  }

  /** Transitions that were not told yet; all of them after time has gone back. */
  transitions() {
    this.note();
    const news = this.log.slice(this.told);
    this.told = this.log.length;
    return news;
  }

  /** Forgets the transitions of what has not happened any more. */
  forget() {
    this.log = this.log.filter(({ at_ns }) => at_ns < this.now_ns);
    this.told = 0;
    this.noted = new DataView(this.exports.memory.buffer, this.exports.sysdl_records()).getUint32(0, true);
  }

  /** Rows of closed windows and the open one together; behind them how many responses took how long, by bucket, of all flows together. */
  totals() {
    const directory = this.directory();
    const memory = this.exports.memory.buffer;
    const [length, buckets] = [directory.getUint32(32, true), directory.getUint32(40, true)];
    const closed = new Uint32Array(memory, directory.getUint32(48, true), length * 2);
    const open = new Uint32Array(memory, directory.getUint32(52, true), length * 2);
    const kinds = (this.kinds ??= kindsOf(this.meta, length));
    const totals = new Float64Array(length + buckets);
    for (let word = 0; word < length; word += 1) {
      const before = closed[2 * word] + closed[2 * word + 1] * 4294967296;
      const now = open[2 * word] + open[2 * word + 1] * 4294967296;
      const kind = kinds[word];
      totals[word] = kind === 0 ? before + now : kind === 1 ? Math.max(before, now) : kind === 2 ? now : now || before;
    }
    const { components, flows } = this.meta;
    for (const histograms of [60, 64].map((at) => directory.getUint32(at, true))) {
      const counts = new Uint32Array(memory, histograms + 8 * components.length * buckets, flows.length * buckets);
      for (let index = 0; index < counts.length; index += 1) totals[length + (index % buckets)] += counts[index];
    }
    return totals;
  }
}

/** Kind of each word of a row block: 0 sum, 1 maximum, 2 gauge, 3 percentile. */
function kindsOf(meta, length) {
  const number = { sum: 0, max: 1, gauge: 2, quantile: 3 };
  const family = (columns, rows) => Array.from({ length: rows }, () => (columns ?? []).map(([, kind]) => number[kind])).flat();
  const { component, edge, flow, subscription } = meta.columns;
  const kinds = [
    ...family(component, meta.components.length), ...family(edge, meta.edges.length), ...family(flow, meta.flows.length),
    ...family(subscription, meta.subscriptions?.length ?? 0),
  ];
  while (kinds.length < length) kinds.push(...component.map(([, kind]) => number[kind]));
  return Uint8Array.from(kinds);
}
