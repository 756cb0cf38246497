// @ts-check
// Two variants on the same random streams: whatever differs is the variant and not chance.
import { openRun } from "../engine.mjs";
import { h } from "./element.mjs";
import { findings } from "./findings.mjs";
import { count, dollars, percent, reason, time } from "./numbers.mjs";

/** @typedef {{name: string, source: string, scenario?: string, set?: [string, string][]}} Variant */
/** @type {[label: string, read: (report: any) => number | null | undefined, write: (x: any) => string, more: 1 | -1][]} */
const ROWS = [
  ["p50", (r) => r.latency_s?.p50, time, -1], ["p95", (r) => r.latency_s?.p95, time, -1], ["p99", (r) => r.latency_s?.p99, time, -1],
  ["goodput", (r) => r.totals.goodput_rps, (x) => `${count(x)}/s`, 1], ["errors", (r) => r.totals.error_rate, percent, -1],
  ["cost a month", (r) => r.cost?.monthly_usd, dollars, -1],
];
/** @param {any} report */
const held = ({ expectations }) => `${expectations.filter((e) => e.verdict === "pass").length} of ${expectations.length}`;

/** Runs variants to their ends, one after the other, in a worker of their own. @param {() => any} next the next one, if there is one @param {(report: any) => void} done */
export async function finish(next, done) {
  const run = await openRun();
  try {
    for (let what = next(); what; what = next()) {
      const { expectations } = await run.load(what);
      const report = await run.finish();
      if (expectations.some(({ twin }) => twin)) (await run.why()).expectations?.forEach((claim, i) => Object.assign(report.expectations[i], claim));
      done(report);
    }
  } finally {
    run.close();
  }
}

/** @type {import("./panels.mjs").Panel} */
export function compare(session, host, page) {
  const kind = h("select", { "aria-label": "What to compare", onchange: fields });
  kind.append(...[["scenario", "another scenario"], ["text", "the text as it was pinned"], ["value", "another value"]].map(([value, label]) => h("option", { value }, label)));
  const choice = h("span.tools", { style: { margin: "0" } });
  const found = findings(session, () => session.seed);
  const go = h("button", { onclick: run }, "Compare");
  const pin = h("button.quiet", { title: "Remembers the text as it is, to compare with later", onclick: () => (page.kept.set("pinned", { source: session.source, scenario: session.scenario }), (kind.value = "text"), fields()) }, "Pin this text");
  host.append(h("div.tools", {}, h("span", {}, "This run against"), kind, choice, go, pin), found.node);

  function fields() {
    const pinned = page.kept.get("pinned");
    const others = session.scenarios.filter((s) => s.name !== session.scenario);
    const chosen = choice.querySelector("select")?.value;
    if (kind.value === "scenario") choice.replaceChildren(h("select", { "aria-label": "Scenario" }, others.map((s) => h("option", { value: s.name, selected: s.name === chosen }, s.name))));
    else if (kind.value === "text") choice.replaceChildren(h("span.small", {}, pinned ? `pinned: ${pinned.scenario}, ${pinned.source.split("\n").length} lines${pinned.source === session.source ? " (as now)" : ""}` : "nothing is pinned yet"));
    else choice.replaceChildren(h("input", { "aria-label": "Path", placeholder: "redis.replicas", size: 18, value: session.selected?.kind === "component" ? `${session.selected.name}.replicas` : "" }), "=", h("input", { "aria-label": "Value", placeholder: "3", size: 8 }));
    if (kind.value === "scenario" && !others.length) choice.replaceChildren(h("span.small", {}, "the text has no other"));
    go.disabled = (kind.value === "scenario" && !others.length) || (kind.value === "text" && !pinned);
  }

  /** @returns {[Variant, Variant]} */
  function variants() {
    const { source, scenario } = session;
    const now = { name: scenario ?? "now", source, scenario };
    if (kind.value === "scenario") return [now, { ...now, name: choice.querySelector("select")?.value ?? "", scenario: choice.querySelector("select")?.value }];
    if (kind.value === "text") return [{ ...page.kept.get("pinned"), name: "pinned" }, { ...now, name: "now" }];
    const [path, value] = [...choice.querySelectorAll("input")].map((i) => i.value.trim());
    return [now, { ...now, name: `${path} = ${value}`, set: [[path, value]] }];
  }

  async function run() {
    const pair = variants();
    const wanted = found.begin();
    found.show(h("p.empty", {}, "Both run to their end…"));
    try {
      const inputs = kind.value === "scenario" ? [] : session.inputs;
      const reports = await Promise.all(pair.map(async ({ source, scenario, set }) => {
        const todo = [{ source, scenario, set, seed: session.seed, inputs }];
        /** @type {any[]} */ const reports = [];
        await finish(() => todo.pop(), (report) => reports.push(report));
        return reports[0];
      }));
      if (wanted()) found.show(beside(pair, reports));
    } catch (error) {
      if (wanted()) found.show(h("p.bad", {}, reason(error)));
    }
    found.fresh();
  }

  function fresh() {
    if (session.scenarios.length === 1 && kind.value === "scenario") kind.value = "value", fields();
    if (kind.value !== "value") fields();
    found.fresh();
  }
  return { shown: fresh, loaded: fresh, inputs: found.fresh, diagnostics: found.fresh, select: () => kind.value === "value" && fields() };
}

/** @param {Variant[]} pair @param {any[]} reports */
function beside(pair, reports) {
  const rows = ROWS.map(([label, read, write, more]) => {
    const [a, b] = reports.map(read);
    if (typeof a !== "number" || typeof b !== "number") return "";
    const by = b - a;
    const share = a ? by / a : 0;
    const same = write(a) === write(b);
    const words = same ? "same" : `${by > 0 ? "+" : "−"}${write(Math.abs(by))}${a ? ` (${Math.abs(share) > 9.95 ? `${count(1 + share)}×` : `${by > 0 ? "+" : "−"}${percent(Math.abs(share))}`})` : ""}`;
    return h("tr", {}, h("th", { scope: "row" }, label), h("td.num", {}, write(a)), h("td.num", {}, write(b)), h(`td.num.${same ? "" : by * more > 0 ? "better" : "worse"}`, {}, words, same ? "" : by * more > 0 ? " better" : " worse"));
  });
  const holds = h("tr", {}, h("th", { scope: "row" }, "expectations held"), reports.map((r) => h("td.num", {}, held(r))), h("td"));
  return h("table", { style: { "max-width": "760px" } }, h("thead", {}, h("tr", {}, h("td"), pair.map((v) => h("th.num", { scope: "col" }, v.name)), h("th.num", { scope: "col" }, "difference"))), h("tbody", {}, rows, holds));
}
