// @ts-check
// The same scenario at many seeds, several at a time in workers of their own: what is luck, and what is the system.
import { h, s } from "./element.mjs";
import { finish } from "./compare.mjs";
import { findings } from "./findings.mjs";
import { count, percent, reason, time } from "./numbers.mjs";

/** @type {[label: string, read: (report: any) => number, write: (x: number) => string][]} */
const ROWS = [
  ["p50", (r) => r.latency_s?.p50, time], ["p99", (r) => r.latency_s?.p99, time], ["goodput", (r) => r.totals.goodput_rps, (x) => `${count(x)}/s`], ["errors", (r) => r.totals.error_rate, percent],
];

/** @type {import("./panels.mjs").Panel} */
export function seeds(session, host) {
  const many = h("select", { "aria-label": "How many seeds" }, [4, 8, 16, 32].map((n) => h("option", { value: String(n), selected: n === 8 }, `${n} seeds`)));
  const go = h("button", { onclick: run }, "Run");
  const state = h("span.small", { role: "status" });
  const found = findings(session, undefined, "Runs this scenario again with other random streams, to show how far its numbers spread.");
  host.append(h("div.tools", {}, many, go, state), found.node);

  async function run() {
    const needed = found.begin();
    let failed = false;
    const { source, scenario, inputs } = session;
    const wanted = Array.from({ length: Number(many.value) }, (_, i) => String(i + 1));
    const left = [...wanted];
    const reports = [];
    const next = () => {
      const seed = !failed && needed() && left.shift();
      return seed && { source, scenario, inputs, seed };
    };
    const done = (report) => {
      reports.push(report);
      if (!needed()) return;
      state.textContent = `${reports.length} of ${wanted.length}`;
      found.show(...spread(reports));
    };
    try {
      await Promise.all(Array.from({ length: Math.max(1, Math.min(4, (navigator.hardwareConcurrency || 2) - 1)) }, () => finish(next, done)));
    } catch (error) {
      failed = true;
      if (needed()) state.textContent = reason(error);
    }
    found.fresh();
  }

  function fresh() {
    if (found.fresh()) state.textContent = "";
  }
  return { shown: fresh, loaded: fresh, inputs: fresh, diagnostics: fresh };
}

/** @param {number[]} list */
const sorted = (list) => [...list].sort((a, b) => a - b);
/** @param {number[]} list */
const middle = (list) => sorted(list)[(list.length - 1) >> 1];

/** @param {any[]} reports */
function spread(reports) {
  const rows = ROWS.map(([label, read, write]) => {
    const all = sorted(reports.map(read).filter((x) => typeof x === "number"));
    return h("tr", {}, h("th", { scope: "row" }, label), [all[0], middle(all), all[all.length - 1]].map((x) => h("td.num", {}, write(x))));
  });
  const share = (i) => {
    const of = (verdict) => reports.filter((r) => r.expectations[i]?.verdict === verdict).length;
    return `holds at ${of("pass")} of ${reports.length}${of("inconclusive") ? `, ${of("inconclusive")} undecided` : ""}`;
  };
  const held = reports[0].expectations.map((e, i) =>
    h("tr", {}, h("th", { scope: "row" }, e.label ?? e.text), h("td.num", { colSpan: 3 }, share(i))));
  const table = h("table.wrap", {}, h("thead", {}, h("tr", {}, h("td"), ["least", "median", "most"].map((t) => h("th.num", { scope: "col" }, t)))), h("tbody", {}, rows, held));
  return [h("div.split", {}, table, h("div", {}, h("h2", {}, "p99 of the slowest endpoint, over time: least, median, most"), band(reports.map((r) => r.windows.columns.p99_s))))];
}

/** @param {number[][]} series */
function band(series) {
  const n = Math.min(...series.map((x) => x.length));
  const at = Array.from({ length: n }, (_, i) => sorted(series.map((x) => x[i] ?? 0)));
  const most = Math.max(1e-9, ...at.map((x) => x[x.length - 1]));
  const point = (v, i) => `${((1000 * i) / Math.max(1, n - 1)).toFixed(1)} ${(118 - (114 * v) / most).toFixed(1)}`;
  const low = at.map((x, i) => point(x[0], i));
  const high = at.map((x, i) => point(x[x.length - 1], i));
  const mid = at.map((x, i) => point(middle(x), i));
  return h("div", {},
    s("svg", { class: "spread", viewBox: "0 0 1000 120", preserveAspectRatio: "none", role: "img", "aria-label": `p99 up to ${time(most)}` },
      s("path", { d: `M${high.join("L")}L${low.reverse().join("L")}z`, fill: "var(--accent)", opacity: 0.2 }),
      s("path", { d: `M${mid.join("L")}`, fill: "none", stroke: "var(--accent)", "stroke-width": 1.5, "vector-effect": "non-scaling-stroke" })),
    h("p.small", {}, `up to ${time(most)}`));
}
