// The page's side of its workers: one that knows the language, and one for each run that is watched.
// @ts-check
import { asset } from "./assets.mjs";

let want = () => {};
const wanted = new Promise((resolve) => (want = () => resolve(undefined)));

/** A worker that answers in the order in which it is asked. */
class Helper {
  constructor() {
    this.waiting = new Map();
    this.asked = 0;
    this.start();
  }

  start() {
    this.there = this.open();
    this.started = Promise.all([compilerModule(), this.there, wanted]).then(([wasm]) => this.send("start", { wasm }));
    for (const promise of [this.there, this.started]) promise.catch(() => {});
  }

  async open() {
    this.worker = new Worker(await asset("worker.js").then((found) => found.address()));
    this.worker.onmessage = ({ data }) => this.answered(data);
    this.worker.onerror = (event) => this.fail(new Error(event.message || "the worker cannot be started"));
  }

  /** Asks once the worker has its compiler. @param {string} op @param {object} [args] */
  async call(op, args) {
    await this.started;
    return this.send(op, args);
  }

  send(op, args) {
    return new Promise((resolve, reject) => {
      const id = (this.asked += 1);
      this.waiting.set(id, { resolve, reject });
      this.worker?.postMessage({ id, op, ...args });
    });
  }

  answered({ id, answer, error, diagnostics, trapped }) {
    const { resolve, reject } = this.waiting.get(id) ?? {};
    this.waiting.delete(id);
    if (error === undefined) resolve?.(answer);
    else reject?.(Object.assign(new Error(error), { diagnostics }));
    // Memory that a trap has left behind is not to be trusted.
    if (trapped) this.restart();
  }

  restart() {
    this.fail(new Error("the compiler had to be started again"));
    this.worker?.terminate();
    this.start();
  }

  fail(error) {
    for (const { reject } of this.waiting.values()) reject(error);
    this.waiting.clear();
  }

  close() {
    this.fail(new Error("closed"));
    this.worker?.terminate();
  }
}

/** The compiler is fetched and compiled once, and handed to every worker. */
let fetched = /** @type {Promise<WebAssembly.Module>|null} */ (null);
export const compilerModule = () => (fetched ??= asset("compiler.wasm").then((found) => found.compile()));

/** The language: checks, words, links. */
export const compiler = (() => {
  const helper = new Helper();
  return {
    ready: helper.started,
    /** Hands it to all workers. What was compiled ahead is drawn before: a compiler that was never run takes a tenth of a second for its first text. */
    want,
    /** Checks a text on this thread, or says nothing. */
    near: /** @type {((source: string) => any)|undefined} */ (undefined),
    /** @param {string} op @param {object} args @param {Uint8Array} [bytes] @returns {Promise<any>} */
    async call(op, args, bytes) {
      const began = performance.now();
      const answer = (op === "check" && this.near?.(/** @type {any} */ (args).source)) || (await helper.call("ask", { question: { op, ...args }, bytes }));
      if (answer?.error && !("source" in answer)) return { error: answer.error, diagnostics: answer.diagnostics };
      if (op === "check") answer.ms = performance.now() - began;
      return answer;
    },
  };
})();

/** @typedef {{name: string, source: string, scenario: string, written: Uint8Array}} Prepared */

/** What the page was made to show first, compiled ahead, so that it runs before the compiler has arrived. */
export async function prepared() {
  const written = await asset("first.bin").then((there) => there.bytes()).catch(() => null);
  if (!written) return null;
  const length = new DataView(written.buffer).getUint32(0, true);
  const { name, source, scenario } = JSON.parse(new TextDecoder().decode(written.subarray(4, 4 + length)));
  return /** @type {Prepared} */ ({ name, source, scenario, written });
}

/** A run of a module in a worker of its own. */
export class Run {
  constructor() {
    this.helper = new Helper();
    /** Runs already, though the compiler may not be here. */
    this.begun = false;
    this.inputs = /** @type {string[]} */ ([]);
    this.meta = /** @type {any} */ (null);
    this.scene = /** @type {any} */ (null);
  }

  /** Compiles a scenario and stands at its begin, or at `at_ns`. Throws with `diagnostics` if the text does not compile. */
  async load({ source, scenario, seed, inputs = [], set = [], previous = this.scene, pins = [], at_ns = 0 }) {
    const question = { source, scenario, seed: seed?.toString(), inputs, set, previous, pins };
    return this.took(inputs, await this.helper.call("load", { question, at_ns }));
  }

  /** Begins what was compiled ahead. @param {Prepared} first */
  async begin({ source, scenario, written }) {
    await this.helper.there;
    const loaded = await this.helper.send("begin", { written, question: { source, scenario } });
    this.begun = true;
    return this.took([], loaded);
  }

  /** Asks the worker; what a run can do by itself need not wait for the compiler. */
  call(op, args) {
    return this.begun ? this.helper.send(op, args) : this.helper.call(op, args);
  }

  took(inputs, loaded) {
    this.inputs = inputs;
    this.meta = loaded.meta;
    this.scene = loaded.scene;
    return { ...loaded, phases: loaded.meta.phases, effects: loaded.meta.effects };
  }

  /** @param {number} speed simulated seconds per second; Infinity: as fast as it goes */
  play(speed) {
    return this.call("play", { speed });
  }

  pause() {
    return this.call("pause");
  }

  /** One event. */
  step() {
    return this.call("step");
  }

  /** Exactly the state at an instant, before or behind the present one. @param {number} at_ns */
  seek(at_ns) {
    return this.call("seek", { at_ns: Math.max(0, Math.round(at_ns)) });
  }

  /** Does something to the system now: `inject crash on redis for 10s`. The past stays as it was. @param {string} line */
  async inject(line) {
    const { input, inputs, meta } = await this.helper.call("inject", { line });
    Object.assign(this, { inputs, meta });
    return { input };
  }

  /** The run as it would have been without an input. @param {string} input */
  async undo(input) {
    const inputs = this.inputs.filter((other) => other !== input);
    this.took(inputs, await this.helper.call("again", { inputs }));
  }

  /** The newest state: ask once for each frame that is drawn. */
  frame() {
    return this.call("frame");
  }

  /** What `sysdl run --format json` prints, as of now. */
  report() {
    return this.helper.call("report");
  }

  /** What made it go as it went, up to now or another instant. @param {number} [at_ns] */
  why(at_ns) {
    return this.helper.call("why", { at_ns });
  }

  /** Runs to the end, as fast as it goes. */
  finish() {
    return this.helper.call("finish");
  }

  /** The module itself. @returns {Promise<Uint8Array>} */
  module() {
    return this.helper.call("module");
  }

  close() {
    this.helper.close();
  }
}

/** Opens a worker for a run. */
export async function openRun() {
  const run = new Run();
  await run.helper.there;
  return run;
}
