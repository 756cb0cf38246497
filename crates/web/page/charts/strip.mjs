// @ts-check
// A strip of small charts over the whole run: throughput, latency, errors, queues, utilization. They share the axis of simulated seconds, the crosshair, and
// what lies behind the lines: phases, and bands where a fault was at work. Hidden from screen readers: the page has the same numbers as a table.

const SAMPLES_PER_SECOND = 4;
const SAMPLES_MAX = 480;
const REDRAW_MS = 100; // of each chart; one chart at a time, so that no frame pays for all

/** @typedef {{key: string, label: string, color: string, dash?: number[], fill?: boolean}} Line */

const LATENCY = [
  { key: "p99", label: "p99", color: "--chart-p99" }, { key: "p95", label: "p95", color: "--chart-p95", dash: [6, 3] },
  { key: "p50", label: "p50", color: "--chart-p50", dash: [1, 3] },
];
/** Colors and dashes by turns; six, because more cannot be told apart. */
const TURNS = /** @type {[string, number[] | undefined][]} */ ([
  ["--bad", undefined], ["--warn", [6, 3]], ["--retry", [1, 3]], ["--accent", [8, 3, 1, 3]], ["--down", [3, 3]], ["--text", [1, 1]],
]);
const BUSIEST = /** @type {[string, number[] | undefined][]} */ ([["--text", undefined], ["--accent", [6, 3]], ["--down", [1, 3]]]);

const STYLE = `
.charts { --chart-p99: light-dark(#08427a, #cfe4ff); --chart-p95: light-dark(#2f74b5, #7fb2ec); --chart-p50: light-dark(#5a92c8, #4f8ccf);
  display: grid; grid-template-columns: repeat(auto-fit, minmax(230px, 1fr)); gap: 8px 16px; font: 12px/16px system-ui, sans-serif; color: var(--text); }
.chart { min-width: 0; } .chart-title { color: var(--muted); padding-left: 2px; }
.chart-head { display: flex; gap: 8px; height: 16px; overflow: hidden; padding: 0 2px; font-size: 11px; }
.chart-key { white-space: nowrap; font-variant-numeric: tabular-nums; display: inline-flex; gap: 4px; align-items: center; }
.chart-key b { font-weight: 600; } .chart-key svg { flex: none; width: 12px; height: 4px; overflow: visible; }
.chart-plot > span { display: none; } .chart-plot { height: 100px; cursor: pointer; } .charts .u-cursor-pt { border-radius: 50%; } .charts .u-cursor-x { border-color: var(--muted); }
@media (max-width: 640px) { .charts { grid-template-columns: 1fr; } }`;

/** @param {HTMLElement} host @param {{onSeek?(t_s: number): void, onHover?(t_s: number | null): void}} [options] */
export function mountStrip(host, { onSeek, onHover } = {}) {
  if (!document.getElementById("charts-style")) document.head.append(Object.assign(document.createElement("style"), { id: "charts-style", textContent: STYLE }));
  host.classList.add("charts");
  host.setAttribute("aria-hidden", "true");
  const history = new History();
  const charts = [
    new Chart("Throughput, per second", count, () => [
      { key: "goodput", label: "goodput", color: "--ok", fill: true }, { key: "rps", label: "all", color: "--text", dash: [1, 3] },
    ]),
    new Chart("Latency", duration, () => LATENCY, true),
    new Chart("Errors, per second", count, () => history.reasons.slice(0, TURNS.length).map((reason, turn) => line(`error:${reason}`, reason.replaceAll("_", " "), TURNS[turn]))),
    new Chart("Requests inside", count, () => {
      const named = history.selected === null ? { key: "queue", label: "queued" } : { key: `queue:${history.selected}`, label: `queued at ${history.name(history.selected)}` };
      return [{ ...named, color: "--warn", fill: true }, { key: "in_flight", label: "in flight", color: "--text", dash: [1, 3] }];
    }),
    new Chart("Utilization", percent, () => history.busiest().map((index, turn) => line(`busy:${index}`, history.name(index), BUSIEST[turn]))),
  ];
  host.replaceChildren(...charts.map((chart) => chart.node));
  for (const chart of charts) chart.update(history, null);

  let asked = false;
  let hovered = /** @type {number | null} */ (null);
  let turn = 0;
  let drawn_at = 0;

  const hover = (/** @type {number | null} */ at) => {
    if (at === hovered) return;
    hovered = at;
    for (const chart of charts) chart.update(history, at);
    onHover?.(at);
  };
  const draw = () => {
    for (const chart of charts) {
      chart.plot?.draw();
      chart.update(history, hovered);
    }
  };
  const resize = () => {
    for (const chart of charts) chart.plot?.resize();
  };
  new ResizeObserver(resize).observe(host);
  const arrive = () => {
    if (asked) return;
    asked = true;
    Promise.all([import("../vendor/vendor.mjs"), import("./plot.mjs")]).then(([vendor, { Plot }]) => {
      document.head.prepend(Object.assign(document.createElement("style"), { textContent: vendor.uPlotCss }));
      for (const chart of charts) chart.plot = new Plot(vendor, chart, history, { seek: (at) => onSeek?.(at), hover });
      draw();
    }).catch((error) => console.warn("charts stay as text:", error));
  };

  return {
    /** A new run: forgets everything. @param {any} meta */
    reset(meta) {
      history.reset(meta);
      hovered = null;
      draw();
    },
    /** Call it as often as there are frames: it takes what it needs, and redraws at most one chart. @param {any} live @param {any} frame */
    push(live, frame) {
      const changed = history.push(live, frame);
      if (history.times.length > 1) arrive(); // the picture runs
      const now = performance.now();
      if (changed && history.shortened) {
        history.shortened = false;
        draw();
      } else if (now - drawn_at >= REDRAW_MS / charts.length) {
        drawn_at = now;
        turn = (turn + 1) % charts.length;
        charts[turn].plot?.draw();
        if (hovered === null) charts[turn].update(history, null);
      }
    },
    /** Phases and, if their times are known before they happen, faults. @param {{phases?: {name: string, start_ns: number, end_ns: number}[], effects?: {label: string, since_ns: number, until_ns?: number}[]}} marks */
    mark({ phases, effects }) {
      if (phases) history.phases = phases.map(({ name, start_ns, end_ns }) => ({ label: name, from: start_ns / 1e9, to: end_ns / 1e9 }));
      if (effects) history.planned = effects.map(({ label, since_ns, until_ns }) => ({ label, from: since_ns / 1e9, to: until_ns === undefined ? Infinity : until_ns / 1e9 }));
      draw();
    },
    /** Queue and utilization of this component, or of the busiest. @param {number | null} index */
    select(index) {
      if (index === history.selected) return;
      history.selected = index;
      draw();
    },
    resize,
    /** Colors have changed. */
    theme() {
      for (const chart of charts) chart.plot?.theme();
    },
  };
}

/** @param {string} key @param {string} label @param {[string, number[] | undefined]} turn @returns {Line} */
const line = (key, label, [color, dash]) => ({ key, label, color, dash });

/** One point every quarter of a simulated second, or less often in a long run. The newest point is replaced until it is that old. */
export class History {
  phases = /** @type {Band[]} */ ([]);
  planned = /** @type {Band[]} */ ([]);
  selected = /** @type {number | null} */ (null);
  shortened = false;
  components = /** @type {{name: string}[]} */ ([]);
  duration_s = 60;
  spacing_s = 1 / SAMPLES_PER_SECOND;
  times = /** @type {number[]} */ ([]);
  columns = /** @type {Map<string, (number | null)[]>} */ (new Map());
  reasons = /** @type {string[]} */ ([]);
  bands = /** @type {Band[]} */ ([]);
  peaks = new Float64Array(0);
  sampled_at = 0;
  step_s = 0;

  /** @param {any} meta */
  reset(meta) {
    const { selected } = this;
    Object.assign(this, new History());
    this.components = meta.components;
    this.duration_s = meta.duration_ns / 1e9;
    this.spacing_s = Math.max(this.spacing_s, this.duration_s / SAMPLES_MAX);
    this.peaks = new Float64Array(meta.components.length);
    this.selected = selected !== null && selected < meta.components.length ? selected : null;
  }

  /** Takes a point when it is time for one; whether it did. @param {any} live @param {any} frame */
  push(live, frame) {
    const at = frame.now_ns / 1e9;
    const last = this.times.at(-1) ?? 0;
    if (this.times.length && at < last) this.shorten(at);
    const now = performance.now();
    if (at === this.times.at(-1) || (at - last < this.spacing_s && now - this.sampled_at < REDRAW_MS)) return this.shortened;
    this.sampled_at = now;
    if (this.times.length > 1 && at - this.times[this.times.length - 2] < this.spacing_s) this.times.length -= 1;
    else if (this.times.length && at - last > 8 * Math.max(this.step_s, this.spacing_s)) this.times.push(last + this.spacing_s); // a leap: nothing is known between
    this.step_s = at - last;
    this.times.push(at);
    this.duration_s = Math.max(this.duration_s, at);
    this.sample(live);
    this.follow(live.effects ?? [], at);
    return true;
  }

  /** @param {any} live */
  sample(live) {
    const { system } = live;
    this.set("rps", system.rps);
    this.set("goodput", system.goodput_rps);
    for (const key of ["p50", "p95", "p99"]) this.set(key, system[`${key}_s`] > 0 ? system[`${key}_s`] : null);
    for (const [reason, rate] of Object.entries(system.errors ?? {})) {
      if (rate > 0 && !this.reasons.includes(reason)) this.reasons.push(reason);
    }
    for (const reason of this.reasons) this.set(`error:${reason}`, system.errors?.[reason] ?? 0);
    let queued = 0;
    for (let index = 0; index < this.components.length; index += 1) {
      const { utilization, queue } = live.component(index);
      queued += queue ?? 0;
      this.set(`queue:${index}`, queue);
      this.set(`busy:${index}`, utilization);
      this.peaks[index] = Math.max(this.peaks[index], utilization ?? 0);
    }
    this.set("queue", queued);
    this.set("in_flight", system.in_flight);
  }

  /** @param {string} key @param {number | null | undefined} value */
  set(key, value) {
    const column = this.column(key);
    const row = this.times.length - 1;
    while (column.length < row) column.push(null);
    column.length = row;
    column.push(Number.isFinite(value) ? /** @type {number} */ (value) : null);
  }

  /** @param {string} key */
  column(key) {
    const column = this.columns.get(key) ?? [];
    this.columns.set(key, column);
    return column;
  }

  /** Bands of the faults that are at work now. @param {{label: string, since_ns: number}[]} effects @param {number} at */
  follow(effects, at) {
    const open = new Set();
    for (const { label, since_ns } of effects) {
      const from = since_ns / 1e9;
      let band = this.bands.find((other) => other.label === label && other.from === from);
      if (!band) this.bands.push((band = { label, from, to: Infinity }));
      open.add(band);
    }
    for (const band of this.bands) {
      if (open.has(band)) band.to = Infinity;
      else if (band.to === Infinity) band.to = at;
    }
  }

  /** Time went back. @param {number} at */
  shorten(at) {
    let rows = this.times.length;
    while (rows > 0 && this.times[rows - 1] > at) rows -= 1;
    this.times.length = rows;
    for (const column of this.columns.values()) column.length = Math.min(column.length, rows);
    this.bands = this.bands.filter(({ from }) => from <= at).map((band) => ({ ...band, to: band.to > at ? Infinity : band.to }));
    this.step_s = 0;
    this.shortened = true;
  }

  /** The selected component, or up to three with the highest peaks. */
  busiest() {
    if (this.selected !== null) return [this.selected];
    const busy = [...this.peaks.keys()].filter((index) => this.peaks[index] > 0);
    return busy.sort((a, b) => this.peaks[b] - this.peaks[a] || a - b).slice(0, BUSIEST.length);
  }

  /** @param {number} index */
  name(index) {
    return this.components[index]?.name ?? "";
  }

  /** Rows up to a time: the newest for null. @param {number | null} at */
  row(at) {
    let row = this.times.length - 1;
    while (at !== null && row > 0 && this.times[row] > at) row -= 1;
    return row;
  }
}

/** @typedef {{label: string, from: number, to: number}} Band */

/** One chart: a heading with the newest numbers, which is all before uPlot is there, and the plot. */
export class Chart {
  /** @param {string} title @param {(value: number) => string} format @param {() => Line[]} lines @param {boolean} [logarithmic] */
  constructor(title, format, lines, logarithmic = false) {
    this.format = format;
    this.lines = lines;
    this.logarithmic = logarithmic;
    this.whole = format === percent;
    this.node = add(null, "div", "chart");
    add(this.node, "div", "chart-title").textContent = title;
    this.head = add(this.node, "div", "chart-head");
    this.box = add(this.node, "div", "chart-plot");
    this.keys = /** @type {{key: string, value: HTMLElement}[]} */ ([]);
    this.shown = /** @type {string | null} */ (null);
    /** @type {import("./plot.mjs").Plot | null} */
    this.plot = null;
  }

  /** The heading: names, and numbers at a time. @param {History} history @param {number | null} at */
  update(history, at) {
    const lines = this.lines();
    const shown = lines.map(({ key, label }) => key + label).join();
    if (shown !== this.shown) this.rename(lines);
    this.shown = shown;
    const row = history.row(at);
    for (const { key, value } of this.keys) {
      const number = history.columns.get(key)?.[row];
      const text = number === null || number === undefined ? "–" : this.format(number);
      if (value.textContent !== text) value.textContent = text;
    }
  }

  /** @param {Line[]} lines */
  rename(lines) {
    this.head.replaceChildren();
    if (!lines.length) add(this.head, "span", "chart-key").textContent = "none";
    this.keys = lines.map((line) => {
      const item = add(this.head, "span", "chart-key");
      item.append(swatch(line), line.label);
      return { key: line.key, value: add(item, "b", "") };
    });
  }
}

/** How a line looks, for its name. @param {Line} line */
function swatch({ color, dash }) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const stroke = svg.appendChild(document.createElementNS(svg.namespaceURI ?? "", "path"));
  stroke.setAttribute("d", "M0 2H12");
  stroke.setAttribute("style", `stroke: var(${color}); stroke-width: 2`);
  if (dash) stroke.setAttribute("stroke-dasharray", dash.join(" "));
  return svg;
}

/** @param {number} value */
function count(value) {
  for (const [unit, size] of /** @type {[string, number][]} */ ([["G", 1e9], ["M", 1e6], ["k", 1e3]])) if (value >= size) return (value / size).toPrecision(3) + unit;
  return value < 10 && !Number.isInteger(value) ? value.toFixed(1) : value.toFixed(0);
}

/** @param {number} value */
const percent = (value) => `${(value * 100).toFixed(0)}%`;

/** @param {number} seconds */
function duration(seconds) {
  const [unit, size] = seconds >= 1 ? ["s", 1] : seconds >= 1e-3 ? ["ms", 1e-3] : ["µs", 1e-6];
  const value = seconds / Number(size);
  return `${value >= 100 ? value.toFixed(0) : value.toPrecision(2)} ${unit}`;
}

/** @param {HTMLElement | null} parent @param {string} tag @param {string} name */
function add(parent, tag, name) {
  const node = Object.assign(document.createElement(tag), { className: name });
  parent?.append(node);
  return node;
}
