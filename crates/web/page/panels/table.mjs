// @ts-check
// All numbers of the picture as tables, for whoever would rather read, or listen.
import { h, say } from "./element.mjs";
import { count, percent, rate, time } from "./numbers.mjs";

/** @typedef {[title: string, read: (now: any) => string]} Column */
/** @type {Column[]} */
const COMPONENT = [
  ["state", (c) => c.state], ["arrivals", (c) => rate(c.arrivals_rps)], ["failed", (c) => rate(c.failed_rps)], ["utilized", (c) => percent(c.utilization)], ["queue", (c) => count(c.queue)],
  ["waits", (c) => time(c.waiting_s)], ["p50", (c) => time(c.p50_s || null)], ["p99", (c) => time(c.p99_s || null)], ["hits", (c) => percent(c.hit_ratio)], ["replicas", (c) => count(c.serving ?? c.replicas)],
];
/** @type {Column[]} */
const EDGE = [
  ["calls", (e) => rate(e.calls_rps)], ["retries", (e) => rate(e.retries_rps)], ["timeouts", (e) => rate(e.timeouts_rps)], ["failed", (e) => rate(e.failed_rps)], ["lost", (e) => rate(e.lost_rps)],
  ["latency", (e) => time(e.latency_s)], ["breaker", (e) => (e.breaker === "none" ? "–" : e.breaker.replace("_", " "))],
];

/** @type {import("./panels.mjs").Panel} */
export function numbers(session, host) {
  let update = [];

  /** @param {string} caption @param {any[]} rows @param {Column[]} columns @param {(i: number) => any} read */
  function table(caption, rows, columns, read) {
    const body = rows.map((row, i) => {
      const cells = columns.map(() => h("td.num"));
      update.push(() => {
        const now = read(i);
        columns.forEach(([, value], j) => say(cells[j], value(now)));
      });
      return h("tr", { className: session.selected?.name === row.name ? "picked" : "" }, h("th", { scope: "row" }, h("button.link", { onclick: () => session.selectName(row.name) }, row.name.replace("->", " → "))), cells);
    });
    return h("table", {}, h("caption.sr", {}, caption), h("thead", {}, h("tr", {}, h("th", { scope: "col" }, caption), columns.map(([title]) => h("th.num", { scope: "col" }, title)))), h("tbody", {}, body));
  }

  function build() {
    if (!session.loaded) return;
    update = [];
    host.replaceChildren(table("Component", session.meta.components, COMPONENT, (i) => session.live.component(i)), h("br"), table("Calls", session.meta.edges, EDGE, (i) => session.live.edge(i)));
    tick();
  }
  const tick = () => session.frame && update.forEach((u) => u());
  return { shown: build, loaded: build, select: build, tick };
}
