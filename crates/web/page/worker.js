// One worker: the compiler, and perhaps a run of a module that it made. A classic script without imports, because that is
// the only kind that also starts from a file on disk.
// @ts-check
"use strict";

/** Handled at once, in milliseconds, before others are heard. */
const TURN_MS = 8;
/** By how much the run may be late before what is missing is let go, in milliseconds. */
const LATE_MS = 250;
/** Events between two looks at the clock: some ten milliseconds. What is resolved ahead of time lands before each. */
const SLICE_EVENTS = 200_000;
/** Windows and records that may wait in the module's rings; both hold several times as many. */
const WINDOWS_UNREAD = 16, RECORDS_UNREAD = 512;
/** What `sysdl_run` returns. */
const REACHED = 0, DONE = 1, OUT_OF_BUDGET = 2, OUT_OF_POOL = 3;
/** Rates are over the last second, or over ten where few requests come (`live.mjs`). */
const SPANS_NS = [10e9, 1e9], FEW = 20;
/** Kinds of records, as the kernel numbers them. */
const KINDS = {
  1: "effect_on", 2: "effect_off", 3: "queue_full", 4: "queue_drained", 5: "overloaded", 6: "breaker_open", 7: "breaker_closed", 8: "peer_out",
  9: "peer_back", 12: "scaled", 14: "rebalance", 15: "rebalanced", 20: "led_anew", 21: "leader_lost", 22: "election_timeout", 23: "candidate",
  24: "elected", 25: "not_elected",
};

/** The compiler: a question of JSON and bytes, an answer of the same form. */
class Compiler {
  /** @param {WebAssembly.Module} module */
  constructor(module) {
    this.exports = /** @type {any} */ (new WebAssembly.Instance(module, {}).exports);
  }

  /** @param {object} question @param {Uint8Array[]} parts */
  ask(question, parts = []) {
    const text = new TextEncoder().encode(JSON.stringify(question));
    const length = parts.reduce((sum, part) => sum + part.length, 4 + text.length);
    const at = this.exports.sysdl_page_room(length);
    const room = new Uint8Array(this.exports.memory.buffer, at, length);
    new DataView(room.buffer, at).setUint32(0, text.length, true);
    room.set(text, 4);
    let end = 4 + text.length;
    for (const part of parts) {
      room.set(part, end);
      end += part.length;
    }
    const answer = this.exports.sysdl_page_ask();
    const written = new DataView(this.exports.memory.buffer, answer).getUint32(0, true);
    return message(new Uint8Array(this.exports.memory.buffer, answer + 4, written));
  }
}

/** An answer as it is written: the length of its JSON, that, and bytes. @param {Uint8Array} written */
function message(written) {
  const json = new DataView(written.buffer, written.byteOffset).getUint32(0, true);
  return { json: JSON.parse(new TextDecoder().decode(written.subarray(4, 4 + json))), bytes: written.slice(4 + json) };
}

/** A module that runs, and how much of it has been read. */
class Simulation {
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
    this.status = REACHED;
    this.partial = false;
    this.now_ns = 0;
    this.windows_read = 0;
    this.records_read = 0;
    this.log = /** @type {any[]} */ ([]);
    this.noted = 0;
    this.told = 0;
  }

  /** Handles events before an instant, at most so many. */
  run(until_ns, max_events) {
    this.status = this.exports.sysdl_run(BigInt(until_ns), BigInt(max_events));
    this.now_ns = Number(this.exports.sysdl_now());
    this.partial = this.status === OUT_OF_BUDGET;
  }

  get over() {
    return this.status === DONE || this.status === OUT_OF_POOL || this.now_ns > this.meta.duration_ns;
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

/** Simulated time between two snapshots at first, and bytes that all of them may take. */
const APART_NS = 1e9, SNAPSHOT_BYTES = 256e6;

/** States of a simulation at earlier instants, to go back to. What of its memory was never used is left out. */
class History {
  /** @param {Simulation} simulation @param {[number, number, number, number, number][]} extents */
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

/** A simulation whose every fact goes to a recorder of the compiler, once there is one. */
class Run {
  /** @param {Compiler|null} compiler @param {number} number @param {Simulation} simulation @param {any} loaded what the compiler said of it */
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
      if (!simulation.partial && slice === stop && simulation.status !== OUT_OF_POOL) this.stopped();
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

/** What this worker has: its compiler, the run that is watched, and how it was asked for. */
let compiler = /** @type {Compiler|null} */ (null);
let run = /** @type {Run|null} */ (null);
let asked = /** @type {any} */ (null);

/** Playing: simulated nanoseconds per millisecond, and where it began. */
const clock = { playing: false, rate: 0, from_ns: 0, since_ms: 0 };
const pace = { events: 0, at_ms: 0, per_s: 0 };

/** Compiles what is asked for, and runs it up to an instant. */
async function load(question, at_ns) {
  const { json, bytes } = compiler.ask({ op: "load", ...question });
  if (json.error) throw Object.assign(new Error(json.error), { diagnostics: json.diagnostics });
  const simulation = new Simulation(await WebAssembly.compile(bytes.slice(0, json.modules[0])), json.seed);
  const next = new Run(compiler, json.runs[0], simulation, json);
  next.approach(at_ns);
  if (run?.compiler) compiler.ask({ op: "close", run: run.number });
  [run, asked] = [next, { ...question, scenario: json.scenario, seed: json.seed }];
  return { ...json, meta: simulation.meta, now_ns: simulation.now_ns };
}

/** Begins a run whose module was made ahead: nothing has to be compiled to see it. */
async function begin(written, question) {
  const { json, bytes } = message(written);
  const module = await WebAssembly.compile(bytes.slice(0, json.modules[0]));
  if (compiler) return load(question, 0); // it has arrived meanwhile
  const simulation = new Simulation(module, json.seed);
  run = new Run(null, 0, simulation, { ...json, next_stop_ns: null });
  asked = { ...question, scenario: json.scenario, seed: json.seed };
  restart();
  return { ...json, meta: simulation.meta, now_ns: 0 };
}

/** The compiler is here. What was begun without it runs once more up to where it is, recorded from the begin. */
async function arrived(wasm) {
  compiler = new Compiler(wasm instanceof WebAssembly.Module ? wasm : await WebAssembly.compile(wasm));
  if (!run) return;
  const before = run;
  const { told } = before.simulation;
  const loaded = await load(asked, before.simulation.now_ns);
  run.simulation.note();
  run.simulation.told = Math.min(told, run.simulation.log.length);
  restart();
  return loaded.now_ns;
}

/** Exactly the state at an instant. */
function seek(at_ns) {
  const { simulation } = run;
  const calm = simulation.count(16) * 1e9 < 2 * FEW * simulation.now_ns;
  if (at_ns < simulation.now_ns) run.rewind(Math.max(0, at_ns - SPANS_NS[calm ? 0 : 1]));
  run.approach(at_ns);
  restart();
}

function play(speed) {
  clock.rate = speed * 1e6;
  clock.playing = true;
  restart();
}

/** From now on the wall clock counts from here. */
function restart() {
  clock.from_ns = run?.simulation.now_ns ?? 0;
  clock.since_ms = performance.now();
}

/** A turn of playing. What cannot be caught up with soon is let go. */
function turn() {
  if (!clock.playing || !run) return;
  const target = clock.rate === Infinity ? Infinity : clock.from_ns + (performance.now() - clock.since_ms) * clock.rate;
  if (!run.advance(Math.floor(target), TURN_MS) && target - run.simulation.now_ns > LATE_MS * clock.rate) restart();
  if (run.simulation.over) clock.playing = false;
}

/** Turns and messages take turns: a port is as quick as a timer is slow. */
const next = new MessageChannel();
next.port1.onmessage = () => {
  turn();
  if (clock.playing) clock.rate === Infinity ? next.port2.postMessage(0) : setTimeout(() => next.port2.postMessage(0), 2);
};

/** The newest state. */
function frame() {
  run.settle();
  const { simulation, before } = run;
  run.before = undefined;
  const [events, requests] = [8, 16].map((at) => simulation.count(at));
  const now_ms = performance.now();
  if (now_ms - pace.at_ms > 250) {
    pace.per_s = Math.max(0, ((events - pace.events) / (now_ms - pace.at_ms)) * 1000);
    [pace.events, pace.at_ms] = [events, now_ms];
  }
  return {
    now_ns: simulation.now_ns, playing: clock.playing, ended: simulation.over, out_of_pool: simulation.status === OUT_OF_POOL,
    speed: clock.rate / 1e6, events, requests, events_per_s: pace.per_s, totals: simulation.totals(), records: simulation.transitions(), before,
  };
}

/** A line that is done now, as it is recorded. */
async function inject(line) {
  const at_ms = Math.floor(run.simulation.now_ns / 1e6) + 1;
  const input = `at ${at_ms}ms ${line}`;
  const { meta } = await again([...(asked.inputs ?? []), input]);
  return { input, inputs: asked.inputs, meta };
}

/** The same run under other inputs, up to the same instant. */
async function again(inputs) {
  const loaded = await load({ ...asked, inputs }, run.simulation.now_ns);
  restart();
  return loaded;
}

/** Why the run went as it did: it and its twin are run once more, filmed. */
async function why(now_ns = run.simulation.now_ns) {
  const { json, bytes } = compiler.ask({ op: "load", ...asked, with_twin: true });
  if (json.error) throw new Error(json.error);
  const [first, second] = json.modules;
  const modules = [bytes.slice(0, first), bytes.slice(first, first + second)];
  for (const [index, module] of modules.entries()) {
    const twin = new Run(compiler, json.runs[index], new Simulation(await WebAssembly.compile(module), json.seed), json);
    twin.advance(now_ns);
    twin.report();
  }
  const story = compiler.ask({ op: "why", run: json.runs[0] }).json;
  for (const number of json.runs) compiler.ask({ op: "close", run: number });
  return story;
}

const operations = {
  start: ({ wasm }) => arrived(wasm),
  begin: ({ written, question }) => begin(written, question),
  ask: ({ question }) => compiler.ask(question).json,
  load: async ({ question, at_ns = 0 }) => {
    const loaded = await load(question, at_ns);
    restart();
    return loaded;
  },
  play({ speed }) {
    play(speed);
    next.port2.postMessage(0);
  },
  pause() {
    clock.playing = false;
  },
  step() {
    clock.playing = false;
    run.advance(Infinity, Infinity, 1);
  },
  seek: ({ at_ns }) => seek(at_ns),
  inject: ({ line }) => inject(line),
  again: ({ inputs }) => again(inputs),
  frame,
  report: () => run.report(),
  module() {
    const { json, bytes } = compiler.ask({ op: "load", ...asked });
    compiler.ask({ op: "close", run: json.runs[0] });
    return bytes;
  },
  finish() {
    clock.playing = false;
    run.advance(Infinity);
    return run.report();
  },
  why: ({ at_ns }) => why(at_ns),
};

onmessage = async ({ data: { id, op, ...rest } }) => {
  try {
    const answer = await operations[op](rest);
    postMessage({ id, answer }, answer?.totals?.buffer ? { transfer: [answer.totals.buffer] } : undefined);
  } catch (error) {
    postMessage({ id, error: String(error?.message ?? error), diagnostics: error?.diagnostics, trapped: error instanceof WebAssembly.RuntimeError });
  }
};
