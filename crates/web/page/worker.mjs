// @ts-check
// One worker: the compiler, and perhaps a run of a module that it made. With all that it imports it becomes a script, `worker.js` (`crates/web/build.rs`).
import { Compiler, message } from "./codec.mjs";
import { FEW_REQUESTS, Recorded, SPANS_NS } from "./worker/recorded.mjs";
import { Simulation } from "./worker/simulation.mjs";

/** Handled at once, in milliseconds, before others are heard. */
const TURN_MS = 8;
/** By how much the run may be late before what is missing is let go, in milliseconds. */
const LATE_MS = 250;

/** What this worker has: its compiler, the run that is watched, and how it was asked for. */
let compiler = /** @type {any} */ (null);
let run = /** @type {any} */ (null);
let asked = /** @type {any} */ (null);

/** Playing: simulated nanoseconds per millisecond, and where it began. */
const clock = { playing: false, rate: 0, from_ns: 0, since_ms: 0 };
const pace = { events: 0, at_ms: 0, per_s: 0 };

/** Compiles what is asked for, and runs it up to an instant. */
async function load(question, at_ns) {
  const { json, bytes } = compiler.ask({ op: "load", ...question });
  if (json.error) throw Object.assign(new Error(json.error), { diagnostics: json.diagnostics });
  const simulation = new Simulation(await WebAssembly.compile(bytes.slice(0, json.modules[0])), json.seed);
  const next = new Recorded(compiler, json.runs[0], simulation, json);
  next.approach(at_ns);
  if (run?.compiler) compiler.ask({ op: "close", run: run.number });
  [run, asked] = [next, { ...question, scenario: json.scenario, seed: json.seed }];
  return told(json, simulation);
}

/** What the page is told of a run: what the module says of itself, and what the compiler says of it. */
function told({ buckets, edges, ...json }, { meta, now_ns }) {
  return { ...json, now_ns, meta: { ...meta, buckets, edges: meta.edges.map((edge, i) => ({ ...edge, ...edges[i] })) } };
}

/** Begins a run whose module was made ahead: nothing has to be compiled to see it. */
async function begin(written, question) {
  const { json, bytes } = message(written);
  const module = await WebAssembly.compile(bytes.slice(0, json.modules[0]));
  if (compiler) return load(question, 0); // it has arrived meanwhile
  const simulation = new Simulation(module, json.seed);
  run = new Recorded(null, 0, simulation, { ...json, next_stop_ns: null });
  asked = { ...question, scenario: json.scenario, seed: json.seed };
  restart();
  return told(json, simulation);
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
  const calm = simulation.count(16) * 1e9 < 2 * FEW_REQUESTS * simulation.now_ns;
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
    now_ns: simulation.now_ns, playing: clock.playing, ended: simulation.over, out_of_pool: simulation.out_of_pool,
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
    const twin = new Recorded(compiler, json.runs[index], new Simulation(await WebAssembly.compile(module), json.seed), json);
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
  ask({ question, bytes }) {
    const answer = compiler.ask(question, bytes && [bytes]);
    return answer.bytes.length ? { ...answer.json, bytes: answer.bytes } : answer.json;
  },
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
  } catch (thrown) {
    const error = /** @type {any} */ (thrown);
    postMessage({ id, error: String(error?.message ?? error), diagnostics: error?.diagnostics, trapped: error instanceof WebAssembly.RuntimeError });
  }
};
