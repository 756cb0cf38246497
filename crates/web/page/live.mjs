// What frames mean: rates and means over the last simulated second or ten, the state of each part, what is wrong now.
// @ts-check

/** Simulated nanoseconds over which rates are taken; ten times as long where fewer requests than so many come in that, by the mean of the run. */
const [SPAN_NS, FEW] = [1e9, 20];
/** Frames that are kept of it, at most. */
const FRAMES = 64;
/** From so large a share of failures on it is said that something fails. */
const FAILING = 0.05;
/** Outcomes that are failures, as components and flows count them. */
const FAILURES = ["timeout", "rejected", "shed", "rate_limited", "breaker_open", "lost", "failed", "abandoned", "no_leader"];

/** Where each cell of a row block lies. */
class Cells {
  constructor(meta) {
    const { component, edge, flow } = meta.columns;
    const index = (columns) => new Map(columns.map(([name], at) => [name, at]));
    this.widths = { component: component.length, edge: edge.length, flow: flow.length };
    this.columns = { component: index(component), edge: index(edge), flow: index(flow) };
    const edges = meta.components.length * component.length;
    this.firsts = { component: 0, edge: edges, flow: edges + meta.edges.length * edge.length };
  }

  at(family, row, column) {
    return this.firsts[family] + row * this.widths[family] + this.columns[family].get(column);
  }
}

/** Frames of the last simulated second or ten, and what they say. */
export class Live {
  frames = /** @type {any[]} */ ([]);
  /** The frame before the newest, which may not be kept. @type {any} */
  before = undefined;
  active = new Map();
  breakers = new Map();

  constructor(meta) {
    this.meta = meta;
    this.cells = new Cells(meta);
    this.reset();
  }

  reset() {
    this.frames = [];
    this.before = undefined;
    this.active = new Map();
    this.breakers = new Map();
  }

  /** Takes a frame in. After time has gone back everything begins anew, and the frame tells of all transitions so far. */
  push(frame) {
    const last = this.frames.at(-1);
    if (last && frame.now_ns < last.now_ns) this.reset();
    const { before = [] } = frame;
    if (before[0]) this.frames = [...this.frames.filter(({ now_ns }) => now_ns < before[0].now_ns), ...before];
    for (const record of frame.records) this.note(record);
    const { frames } = this;
    const span_ns = frame.requests * SPAN_NS < FEW * frame.now_ns ? 10 * SPAN_NS : SPAN_NS;
    if (frame.now_ns > this.now?.now_ns) this.before = this.now;
    if (frame.now_ns === this.now?.now_ns || (frames.length > 2 && frame.now_ns - frames.at(-2).now_ns < span_ns / FRAMES)) frames.pop();
    frames.push(frame);
    while (frames.length > 2 && frames[1].now_ns <= frame.now_ns - span_ns) frames.shift();
  }

  note({ kind, entity, at_ns }) {
    const effect = this.meta.effects[entity];
    if (kind === "effect_on" && effect) this.active.set(entity, { label: effect.label, event: effect.event, since_ns: this.active.get(entity)?.since_ns ?? at_ns });
    else if (kind === "effect_off") this.active.delete(entity);
    else if (kind === "breaker_open" || kind === "breaker_closed") this.breakers.set(entity, kind === "breaker_open" ? at_ns : -1);
  }

  get now() {
    return this.frames.at(-1);
  }

  /** What is wrong now: effects of the timeline that are active. */
  get effects() {
    const seen = new Map();
    for (const effect of this.active.values()) seen.set(effect.label, effect);
    return [...seen.values()];
  }

  value(family, row, column) {
    return this.now?.totals[this.cells.at(family, row, column)] ?? 0;
  }

  /** What a sum has grown by, over the seconds that rates are over. */
  grown(family, row, column) {
    return this.#grown(this.cells.at(family, row, column));
  }

  #grown(at) {
    return this.frames.length ? this.now.totals[at] - (this.frames.length > 1 ? this.frames[0].totals[at] : 0) : 0;
  }

  /** What a sum has grown by since the frame before. */
  step(family, row, column) {
    const at = this.cells.at(family, row, column);
    return this.before ? Math.max(0, this.now.totals[at] - this.before.totals[at]) : 0;
  }

  /** Simulated seconds that rates are over. */
  get seconds() {
    const first = this.frames.length > 1 ? this.frames[0].now_ns : 0;
    return Math.max((this.now?.now_ns ?? 0) - first, 1) / 1e9;
  }

  /** The same in words. */
  get span() {
    return this.seconds > 1.5 ? `${this.seconds.toFixed(0)} s` : "second";
  }

  rate(family, row, column) {
    return this.grown(family, row, column) / this.seconds;
  }

  failures(family, row) {
    const found = FAILURES.map((name) => /** @type {[string, number]} */ ([name, this.rate(family, row, name)]));
    return Object.fromEntries(found.filter(([, rate]) => rate > 0));
  }

  mean_s(family, row, sum, count) {
    const counted = this.grown(family, row, count);
    return counted > 0 ? this.grown(family, row, sum) / counted / 1e9 : 0;
  }

  /** Percentiles of the response times of all flows together, as in the report. */
  get responses() {
    // Middles of buckets: from which of them on, that of the first, how far they are apart.
    const { count, stretches } = this.meta.buckets;
    const first = (this.now?.totals.length ?? 0) - count;
    const counts = Array.from({ length: count }, (_, bucket) => this.#grown(first + bucket));
    const all = counts.reduce((sum, count) => sum + count, 0);
    let [seen, bucket] = [0, -1];
    return [50, 95, 99].map((percent) => {
      while (seen < Math.ceil((all * percent) / 100)) seen += counts[++bucket];
      const [from, middle_ns, apart_ns] = stretches.findLast(([from]) => from <= bucket) ?? [0, 0, 0];
      return all && (middle_ns + (bucket - from) * apart_ns) / 1e9;
    });
  }

  /** All traffic that comes from outside. */
  get system() {
    const rows = this.meta.flows.map((_, row) => row);
    const sum = (of) => rows.reduce((total, row) => total + of(row), 0);
    const [p50_s, p95_s, p99_s] = this.responses;
    const errors = {};
    for (const row of rows) for (const [name, rate] of Object.entries(this.failures("flow", row))) errors[name] = (errors[name] ?? 0) + rate;
    const failed = Object.values(errors).reduce((total, rate) => total + rate, 0);
    const goodput_rps = sum((row) => this.rate("flow", row, "ok"));
    const ended = goodput_rps + failed + sum((row) => this.rate("flow", row, "late"));
    return {
      rps: sum((row) => this.rate("flow", row, "requests")), ended_rps: ended, goodput_rps, errors, error_rate: ended > 0 ? failed / ended : 0,
      p50_s, p95_s, p99_s, in_flight: sum((row) => this.value("flow", row, "in_flight")),
    };
  }

  /** A component as it is now: all its replicas that serve together. */
  component(row) {
    const { servers = null, queue_capacity = null, shared_queue, replicas = 1, initial, monthly_usd, name, kind } = this.meta.components[row];
    const value = (column) => this.value("component", row, column);
    const rate = (column) => this.rate("component", row, column);
    const errors = this.failures("component", row);
    const grown = (column) => this.grown("component", row, column);
    const capacity = grown("capacity_ns");
    const used = grown("processors_ns") > 0 ? grown("processors_busy_ns") / grown("processors_ns") : grown("busy_ns") / capacity;
    const utilization = servers === null ? null : capacity > 0 ? Math.min(1, used) : 0;
    const deployed = rate("deployed_ns") / 1e9;
    const [hits, misses] = [rate("hits"), rate("misses")];
    const [ok_rps, failed_rps] = [rate("ok"), Object.values(errors).reduce((sum, value) => sum + value, 0)];
    const failed = failed_rps / (failed_rps + ok_rps) || 0;
    const down = this.isDown(name) || (servers !== null && this.now && capacity === 0 && this.seconds > 0.01);
    const serving = down ? 0 : initial === undefined ? replicas : value("serving");
    const room = queue_capacity && queue_capacity * (shared_queue ? 1 : serving);
    const queue = value("queue");
    const full = room !== null && queue >= 1 && queue >= 0.98 * room;
    return {
      name, kind, replicas, serving, servers: servers && servers * serving, queue_capacity: room, queue, utilization, errors,
      arrivals_rps: rate("arrivals"), ok_rps, failed_rps, failed, busy: value("busy"), present: value("present"),
      waiting_s: this.mean_s("component", row, "waiting_ns", "starts"), service_s: this.mean_s("component", row, "service_ns", "served"),
      p50_s: value("sojourn_p50_ns") / 1e9, p95_s: value("sojourn_p95_ns") / 1e9, p99_s: value("sojourn_p99_ns") / 1e9,
      hit_ratio: hits + misses > 0 ? hits / (hits + misses) : null,
      monthly_usd: initial !== undefined && deployed ? (monthly_usd / Math.max(initial, 1)) * deployed : monthly_usd,
      state: down ? "down" : full ? "full" : failed >= FAILING ? "failing" : utilization !== null && utilization >= 0.8 ? "busy" : "ok",
    };
  }

  /** Whether an active fault has taken all of a component down. */
  isDown(name) {
    return this.effects.some(({ label }) => label === `crash ${name}` || label === `outage ${name}`);
  }

  /** Half open, a breaker has been open for its time and tries one call. */
  breaker(row) {
    const { breaker_ns } = this.meta.edges[row];
    const opened_ns = this.breakers.get(row) ?? -1;
    return !breaker_ns ? "none" : opened_ns < 0 ? "closed" : this.now.now_ns < opened_ns + breaker_ns ? "open" : "half_open";
  }

  edge(row) {
    const rate = (column) => this.rate("edge", row, column);
    const step = (column) => this.step("edge", row, column);
    const [timeouts, failed, lost] = [step("timeouts"), step("failed"), step("lost")];
    return {
      calls_rps: rate("calls"), attempts_rps: rate("attempts"), retries_rps: rate("retries"), timeouts_rps: rate("timeouts"), failed_rps: rate("failed"),
      lost_rps: rate("lost"), ok_rps: rate("ok"), refused_rps: rate("refused"), latency_s: this.mean_s("edge", row, "latency_ns", "ok"),
      breaker: this.breaker(row),
      delta: { attempts: step("attempts"), ok: step("ok"), retries: step("retries"), timeouts, failed, lost, refused: step("refused") },
    };
  }
}
