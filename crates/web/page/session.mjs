// @ts-check
// One text, one run of it, and what is known of both. Knows no element of the page: who shows something listens.
import { compiler, openRun } from "./engine.mjs";
import { Live } from "./live.mjs";
import { parsed, reason } from "./panels/numbers.mjs";

/** Above so many components, what a link holds waits for a click. */
const MANY = 200;
/** A pause in typing after which the text runs, in milliseconds. */
const DEBOUNCE = 120;

/** @typedef {{kind: "component" | "edge" | "source", id: number, name: string}} Selected */

export class Session {
  source = "";
  name = "system";
  /** @type {string | undefined} */ scenario = undefined;
  /** @type {string | undefined} */ seed = undefined;
  /** What was done by hand, as lines of the language. @type {string[]} */ inputs = [];
  /** Where somebody has put components: `[name, x, y]`. @type {(system: string) => any[]} */ pins = () => [];
  /** What is set from the begin. @type {[string, string][]} */ overrides = [];
  /** @type {any[]} */ diagnostics = [];
  /** @type {{name: string, title: string, duration_s: number}[]} */ scenarios = [];
  /** What `load` said of the run that is shown. @type {any} */ loaded = null;
  /** @type {any} */ run = null;
  /** @type {any} */ live = null;
  /** @type {any} */ frame = null;
  /** @type {any} */ report = null;
  /** Why it went as it did, if that was asked. @type {any} */ story = null;
  /** What only a run beside its twin can tell of expectations. @type {any[] | null} */ claims = null;
  /** @type {any[]} */ records = [];
  /** @type {Selected | null} */ selected = null;
  playing = false;
  speed = 1;
  /** The run shown is of an older text: this one has errors that keep it from running. */
  stale = false;

  /** @type {Map<string, Function[]>} */ #listeners = new Map();
  /** Names before and after renamings, each with its text. @type {[string, string][][]} */ #renamed = [];
  /** The text of the run that is shown, and that of the one that is being loaded. */
  #ran = "";
  #wanted = "";
  /** @type {Promise<any> | undefined} */ #teller;
  #system = "";
  #text = 0;
  #load = 0;
  #loading = 0;
  #timer = 0;
  #reported = { at: 0, took: 0, asked: false };

  /** @param {string} event @param {Function} listener */
  on(event, listener) {
    this.#listeners.set(event, [...(this.#listeners.get(event) ?? []), listener]);
  }

  /** @param {string} event @param {any} [what] */
  emit(event, what) {
    for (const listener of this.#listeners.get(event) ?? []) listener(what);
  }

  get meta() {
    return this.loaded?.meta;
  }
  get duration_ns() {
    return this.meta?.duration_ns ?? 0;
  }
  get now_ns() {
    return this.frame?.now_ns ?? 0;
  }
  get errors() {
    return this.diagnostics.filter((d) => d.severity === "error");
  }

  /**
   * Shows another text.
   * @param {{source: string, name?: string, scenario?: string, seed?: string, inputs?: string[], set?: [string, string][], at_ns?: number, play?: boolean, guarded?: boolean}} what
   */
  async open(what) {
    Object.assign(this, { source: what.source, name: what.name ?? "system", scenario: what.scenario, seed: what.seed, inputs: what.inputs ?? [], overrides: what.set ?? [] });
    this.select(null);
    this.#system = "";
    this.loaded = null;
    this.emit("source", what.source);
    await this.check();
    return this.restart({ play: what.play, at_ns: what.at_ns, guarded: what.guarded });
  }

  /** Shows what was compiled ahead, while the compiler is still on its way. @param {any} first */
  async begin(first) {
    Object.assign(this, { source: first.source, name: first.name, scenario: first.scenario });
    this.emit("source", first.source);
    const load = ++this.#load;
    this.run ??= await openRun();
    const loaded = await this.run.begin(first);
    if (load !== this.#load) return;
    this.#ran = this.#wanted = first.source;
    this.scenarios = [{ name: first.scenario, title: "", duration_s: 0 }];
    this.#begin(loaded);
    this.play();
  }

  /** The text was edited: diagnostics at once, a new run when typing pauses. @param {string} source */
  edit(source) {
    if (source === this.source) return;
    this.#goAlong(source);
    this.source = source;
    clearTimeout(this.#timer);
    this.check().then((newest) => {
      if (newest && !this.stale && (source !== this.#wanted || !this.loaded)) this.#timer = window.setTimeout(() => this.restart({ play: this.playing || !this.loaded }), DEBOUNCE);
    });
  }

  /** Diagnostics of the text. False if it has changed since. */
  async check() {
    const text = ++this.#text;
    const found = await compiler.call("check", { source: this.source });
    if (text !== this.#text) return false;
    if (found.error) return this.emit("failure", found.error), false;
    this.diagnostics = found.diagnostics;
    // A waiver that a change has made idle keeps no text from running, here as on the command line.
    this.stale = this.errors.some((d) => d.code !== "E0113");
    if (!this.stale) {
      this.scenarios = found.scenarios;
      if (!found.scenarios.some((s) => s.name === this.scenario)) this.scenario = found.scenarios[0]?.name;
    }
    this.emit("diagnostics");
    return true;
  }

  /** Runs the text from its begin. False if it was too large to do so unasked. */
  async restart({ play = true, at_ns = 0, guarded = false } = {}) {
    if (this.stale) return this.emit("stale");
    const load = ++this.#load;
    this.emit("loading");
    this.#loading++;
    try {
      this.run ??= await openRun();
      if (this.playing) this.run.pause();
      const { source, scenario, seed, inputs, playing } = this;
      this.#wanted = source;
      const loaded = await this.run.load({ source, scenario, seed, inputs, set: this.overrides, previous: this.loaded?.scene, pins: this.pins(/^system (\w+)/m.exec(source)?.[1] ?? ""), at_ns });
      if (load !== this.#load) return;
      this.#ran = source;
      if (this.playing !== playing) play = this.playing; // whoever presses the button meanwhile has the last word
      this.#begin(loaded);
      const large = guarded && loaded.meta.components.length > MANY;
      if (play && !large) this.play();
      return !large;
    } catch (error) {
      if (load !== this.#load) return;
      this.#wanted = this.#ran;
      const words = this.inputs.length && (await this.#leaveOut());
      if (load !== this.#load) return;
      if (words) return this.restart({ play, at_ns, guarded }).finally(() => this.emit("failure", words));
      if (this.playing) this.run.play(this.speed); // the run before goes on
      this.#failed(error);
    } finally {
      this.#loading--;
    }
  }

  /** Lets go of what was done by hand to what the text does not have any more. What is to be said of it, if there is any. */
  async #leaveOut() {
    const { unfit } = await import("./byhand.mjs");
    const { gone, words } = await unfit(this);
    this.inputs = this.inputs.filter((input) => !gone.includes(input));
    return words;
  }

  /** @param {any} loaded */
  #begin(loaded) {
    Object.assign(this, { loaded, scenario: loaded.scenario, seed: String(loaded.seed), live: new Live(loaded.meta), frame: null, report: null, story: null, claims: null, records: [] });
    this.#reported = { at: 0, took: 0, asked: true };
    this.playing = false;
    // Who wrote another system over what was opened has no file of that name.
    const { system } = loaded.meta;
    if (this.#system && this.#system !== system) this.name = system;
    this.#system = system;
    const { selected } = this;
    this.emit("loaded");
    if (selected) this.selectName(selected.name);
  }

  /** @param {any} error what a worker threw, or diagnostics of a text that does not compile */
  #failed(error) {
    if (error?.diagnostics) {
      this.diagnostics = error.diagnostics;
      this.stale = true;
      this.emit("diagnostics");
      this.emit("stale");
    } else this.emit("failure", reason(error));
  }

  /** Does something with the run, and says so if it fails. @param {() => Promise<any>} what */
  async attempt(what) {
    try {
      return await what();
    } catch (error) {
      this.emit("failure", reason(error));
    }
  }

  play() {
    if (!this.run || !this.loaded) return;
    if (this.frame?.ended) return this.seek(0).then(() => this.play());
    this.playing = true;
    this.run.play(this.speed);
    this.emit("playing");
  }

  pause() {
    this.playing = false;
    this.run?.pause();
    this.#reported.asked = true;
    this.emit("playing");
  }

  /** @param {number} speed */
  pace(speed) {
    this.speed = speed;
    if (this.playing) this.run.play(speed);
    this.emit("playing");
  }

  async step() {
    this.pause();
    await this.attempt(() => this.run.step());
  }

  #seeking = Promise.resolve();
  /** @type {number | null} */ #target = null;
  /** Goes to an instant. Of several asked for while one is under way, only the last is gone to. @param {number} t_ns */
  seek(t_ns) {
    const target = Math.max(0, Math.min(this.duration_ns, t_ns));
    const waiting = this.#target !== null;
    this.#target = target;
    if (!waiting)
      this.#seeking = this.#seeking.then(async () => {
        const to = this.#target ?? 0;
        this.#target = null;
        this.records = this.records.filter((r) => r.at_ns <= to);
        await this.attempt(() => this.run.seek(to));
        this.#reported.asked = true;
        this.emit("sought");
      });
    return this.#seeking;
  }

  /** Does something to the system now: `inject crash on redis for 10s`. A run that stands still does so where it has begun. @param {string} line */
  async inject(line) {
    const done = await this.attempt(() => this.run.inject(line));
    if (!done) return;
    this.#changed(done.input);
    if (!this.playing) await this.seek(parsed(done.input).start_ns + 1);
  }

  /** @param {string} input */
  async undo(input) {
    if (this.source !== this.#ran) {
      this.inputs = this.inputs.filter((other) => other !== input);
      await this.restart({ play: this.playing });
    } else await this.attempt(() => this.run.undo(input));
    this.#changed();
  }

  /** With the next edit a component or a source has another name. @param {string} from @param {string} to */
  renamed(from, to) {
    if ([...this.meta.components, ...this.meta.sources].some(({ name }) => name === from)) this.#renamed.push([[from, this.source], [to, ""]]);
  }

  /** What was done by hand, and the selection, go along with a new name, and back with the old one when that is undone. @param {string} source */
  #goAlong(source) {
    for (const [before, after] of this.#renamed) {
      after[1] ||= source;
      for (const [[from, left], [to, right]] of [[before, after], [after, before]]) {
        if (left !== this.source || right !== source) continue;
        const anew = (text) => text.replace(new RegExp(`(?<!inject )\\b${from}\\b`, "g"), to);
        this.inputs = this.inputs.map(anew);
        if (this.selected) this.selected.name = anew(this.selected.name);
      }
    }
  }

  /** Why it went as it did up to now. Reckoned in a worker of its own, so that the picture goes on. */
  async why() {
    const { source, inputs, now_ns } = this;
    this.#teller ??= openRun();
    const teller = await this.#teller;
    await teller.load({ source: this.stale ? this.#ran : source, scenario: this.scenario, seed: this.seed, inputs, set: this.overrides });
    return (this.story = await teller.why(now_ns));
  }

  /** @param {string} [input] */
  #changed(input) {
    this.claims = null;
    this.inputs = [...this.run.inputs];
    Object.assign(this.meta, this.run.meta);
    this.#reported.asked = true;
    this.emit("inputs", input && parsed(input));
  }

  /** Takes the newest state of the run. Called once per frame. */
  async advance() {
    const { run, loaded } = this;
    if (!run || !loaded) return;
    const frame = await run.frame();
    if (!frame || this.#loading) return; // of a run that is being replaced; what comes later is of the new one
    if (this.frame && frame.now_ns < this.frame.now_ns) this.records = this.records.filter((r) => r.at_ns <= frame.now_ns);
    this.frame = frame;
    this.live.push(frame);
    if (frame.records.length) {
      const [first] = frame.records; // after a change all are told again
      this.records = [...this.records.filter((r) => r.at_ns < first.at_ns), ...frame.records];
      // Of too many the old ones go, queues first: where one server serves, they fill and drain all the time.
      if (this.records.length > 2000) this.records = this.records.filter((r, i, all) => i > all.length - 1000 || !/overloaded|drained/.test(r.kind)).slice(-2000);
      this.emit("records", frame.records);
    }
    if (frame.ended && this.playing) {
      this.pause();
      if (frame.out_of_pool) this.emit("failure", "The run stopped: more requests were in flight than there is room for.");
    }
    return frame;
  }

  /** Asks for the report now and then, more rarely where it takes long. Once is no proof of that: the worker may have been getting its compiler. */
  async poll() {
    const { loaded } = this;
    const asked = this.#reported;
    const due = asked.asked ? 60 : Math.max(500, 12 * asked.took);
    if (!loaded || (!this.playing && !asked.asked) || performance.now() - asked.at < due) return;
    const begun = performance.now();
    Object.assign(asked, { at: Infinity, asked: false });
    const report = await this.attempt(() => this.run.report());
    Object.assign(asked, { at: performance.now(), took: Math.min(performance.now() - begun, 2 * asked.took + 40) });
    if (loaded !== this.loaded || !report) return;
    this.report = report;
    this.emit("report");
  }

  /** How an expectation stands: `pass`, `fail`, or what can still change: `so far`, `not yet`, `pending`. @param {number} i */
  verdict(i) {
    const found = this.found(i)?.verdict;
    const until_ns = Math.min(this.loaded?.expectations[i]?.until_ns ?? this.duration_ns, this.duration_ns);
    if (!found || this.now_ns >= until_ns) return found ?? "pending";
    return { pass: "so far", fail: "not yet" }[found] ?? "pending";
  }

  /** What was found of an expectation; nothing before the end if only the twin can tell. @param {number} i */
  found(i) {
    return this.loaded?.expectations[i]?.twin ? this.frame?.ended && this.claims?.[i] : this.report?.expectations?.[i];
  }

  /** @param {Selected | null} selected */
  select(selected) {
    this.selected = selected;
    this.emit("select");
  }

  /** Selects by name: a component, `a->b`, or a source. @param {string} name */
  selectName(name) {
    const component = this.meta?.components.findIndex((c) => c.name === name) ?? -1;
    const edge = this.meta?.edges.findIndex((e) => e.name === name) ?? -1;
    if (component >= 0) this.select({ kind: "component", id: component, name });
    else if (edge >= 0) this.select({ kind: "edge", id: edge, name });
    else {
      const source = this.loaded?.scene.nodes.find((n) => n.source && n.name === name);
      this.select(source ? { kind: "source", id: source.id, name } : null);
    }
  }
}
