// @ts-check
// The plot of one chart: uPlot, with phases and faults behind its lines. Loaded together with the vendored file.

/** @typedef {import("./strip.mjs").History} History */
/** @typedef {import("./strip.mjs").Band} Band */

const LABELS = 14; // pixels above the plot for names of phases and faults
const LINES_MAX = 6;

export class Plot {
  /** @param {any} vendor @param {import("./strip.mjs").Chart} chart @param {History} history @param {{seek(at: number): void, hover(at: number | null): void}} hooks */
  constructor({ uPlot }, chart, history, { seek, hover }) {
    this.chart = chart;
    this.history = history;
    this.probe = chart.box.appendChild(document.createElement("span"));
    this.colors = /** @type {Record<string, string>} */ ({});
    this.plot = new uPlot({ ...this.size(), ...this.look(), hooks: {
      drawClear: [(/** @type {any} */ plot) => backdrop(plot, history, (css) => this.color(css))],
      setCursor: [(/** @type {any} */ plot) => plot.over.matches(":hover") && hover(plot.cursor.left >= 0 ? plot.posToVal(plot.cursor.left, "x") : null)],
    } }, this.data(), chart.box);
    this.plot.over.addEventListener("click", () => seek(Math.max(0, this.plot.posToVal(this.plot.cursor.left, "x"))));
    this.plot.over.addEventListener("mouseleave", () => hover(null));
  }

  /** A CSS color as a canvas takes it; custom properties and color-mix() resolved where the chart is. @param {string} css */
  color(css) {
    if (!this.colors[css]) {
      this.probe.style.color = css;
      this.colors[css] = getComputedStyle(this.probe).color;
    }
    return this.colors[css];
  }

  /** What uPlot is told once; what changes is asked for by functions. */
  look() {
    const { chart, history } = this;
    const { format, lines, logarithmic, whole } = chart;
    const ink = (/** @type {number} */ index) => lines()[index - 1]?.color ?? "--muted";
    const series = Array.from({ length: LINES_MAX }, () => ({
      points: { show: false }, width: 1.5,
      stroke: (/** @type {any} */ _, /** @type {number} */ index) => this.color(`var(${ink(index)})`),
      fill: (/** @type {any} */ _, /** @type {number} */ index) => lines()[index - 1]?.fill && this.color(`color-mix(in srgb, var(${ink(index)}) 12%, transparent)`),
    }));
    const range = (/** @type {any} */ _, /** @type {number | null} */ low, /** @type {number | null} */ high) =>
      logarithmic ? decades(low, high) : [0, whole ? 1.05 : Math.max(1, (high ?? 0) * 1.1)];
    const axis = { font: "10px system-ui", stroke: () => this.color("var(--muted)"), ticks: { show: false }, border: { show: false } };
    const grid = { stroke: () => this.color("var(--line)"), width: 1 };
    return {
      padding: [LABELS, 16, 0, 0], legend: { show: false }, series: [{}, ...series],
      cursor: { sync: { key: "charts" }, drag: { x: false, y: false }, points: { size: 5 }, y: false },
      scales: { x: { time: false, range: () => [0, history.duration_s] }, y: { distr: logarithmic ? 3 : 1, range } },
      axes: [
        { ...axis, size: 18, gap: 4, space: 44, grid: { show: false }, values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map((at) => `${at} s`) },
        { ...axis, size: 42, gap: 4, space: 24, grid, ...(logarithmic && { splits: powers }), values: (/** @type {any} */ _, /** @type {number[]} */ splits) => splits.map((at) => (at === null ? "" : format(at).replace(/\.0+(?=\D|$)/, ""))) },
      ],
    };
  }

  data() {
    const { history, chart } = this;
    const columns = chart.lines().map(({ key }) => history.column(key));
    return [history.times, ...Array.from({ length: LINES_MAX }, (_, index) => columns[index] ?? [])];
  }

  draw() {
    if (!this.chart.box.clientWidth) return;
    const lines = this.chart.lines();
    this.plot.series.forEach((/** @type {any} */ series, /** @type {number} */ index) => {
      if (!index) return;
      series.dash = lines[index - 1]?.dash;
      if (series.show !== index <= lines.length) this.plot.setSeries(index, { show: index <= lines.length });
    });
    this.plot.setData(this.data());
  }

  size() {
    const { clientWidth, clientHeight } = this.chart.box;
    return { width: Math.max(120, clientWidth), height: clientHeight || 100 };
  }

  resize() {
    const { width, height } = this.size();
    if (this.chart.box.clientWidth && (width !== this.plot.width || height !== this.plot.height)) this.plot.setSize({ width, height });
  }

  theme() {
    this.colors = {};
    this.draw();
  }
}

/** Behind the lines: where phases begin and end, and what was broken when. @param {any} plot @param {History} history @param {(css: string) => string} color */
function backdrop(plot, history, color) {
  const { ctx, bbox } = plot;
  const scale = devicePixelRatio;
  const place = (/** @type {number} */ at) => plot.valToPos(Math.min(at, history.duration_s), "x", true);
  const bottom = bbox.top + bbox.height;
  const now = history.times.at(-1) ?? 0;
  ctx.save();
  ctx.font = `${9 * scale}px system-ui`;
  Object.assign(ctx, { textBaseline: "top", textAlign: "left" });
  const rule = (/** @type {number} */ x, /** @type {string} */ css, /** @type {number[]} */ dash) => {
    ctx.strokeStyle = color(css);
    ctx.lineWidth = scale;
    ctx.setLineDash(dash.map((length) => length * scale));
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bottom);
    ctx.stroke();
  };
  let free = Infinity; // names are written from right to left, each only as far as there is room
  const write = (/** @type {string} */ text, /** @type {number} */ from, /** @type {number} */ to, /** @type {string} */ css) => {
    const left = Math.max(from, bbox.left);
    if (left + ctx.measureText(text).width > Math.min(to, free)) return;
    ctx.fillStyle = color(css);
    ctx.fillText(text, left, bbox.top - 12 * scale);
    free = left - 6 * scale;
  };
  for (const { label, from, to } of history.bands) {
    const [left, end] = [place(from), place(Math.min(to, now))];
    ctx.fillStyle = color("color-mix(in srgb, var(--bad) 10%, transparent)");
    ctx.fillRect(left, bbox.top, Math.max(end - left, scale), bbox.height);
    rule(left, "var(--bad)", []);
  }
  const coming = history.planned.filter((band) => !history.bands.some(({ from }) => from === band.from)); // and what was over at once
  for (const { from } of coming) rule(place(from), "var(--bad)", [2, 4]);
  for (const { from, to } of history.phases) {
    for (const edge of [from, to]) if (edge > 0 && edge < history.duration_s) rule(place(edge), "var(--line)", [3, 3]);
  }
  const right = bbox.left + bbox.width;
  const faults = [...history.bands, ...coming].map((band) => ({ ...band, to: Infinity, css: band.from > now ? "var(--muted)" : "var(--bad)" }));
  const struck = (/** @type {Band} */ phase) => faults.some(({ from }) => from >= phase.from && from < phase.to);
  const phases = history.phases.filter((phase) => !struck(phase)).map((phase) => ({ ...phase, css: "var(--muted)" }));
  for (const { label, from, to, css } of [...faults, ...phases].sort((a, b) => b.from - a.from)) {
    write(label.replaceAll("_", " "), place(from), Math.min(place(to), right), css);
  }
  ctx.restore();
}

/** Whole decades around what is there. @param {number | null} low @param {number | null} high */
function decades(low, high) {
  if (!low || !high) return [1e-3, 1];
  const [from, to] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))];
  return [10 ** from, 10 ** Math.max(to, from + 1)];
}

/** The decades of an axis, at most five of them. @param {any} _ @param {number} __ @param {number} low @param {number} high */
function powers(_, __, low, high) {
  const [from, to] = [Math.round(Math.log10(low)), Math.round(Math.log10(high))];
  const step = Math.ceil((to - from) / 4);
  return Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, index) => 10 ** (from + index * step));
}
