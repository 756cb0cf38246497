// @ts-check
// Where it is tight, worst first: utilization, what waits, what fails because of it.
import { h } from "./element.mjs";
import { count, percent, rate, time } from "./numbers.mjs";

/** @type {import("./panels.mjs").Panel} */
export function bottlenecks(session, host) {
  /** How tight a component is: busy servers first, then how long one waits for them, then what its callers lose. @param {any} c */
  const tight = (c) => (c.state === "down" ? 100 : 0) + 4 * (c.utilization ?? 0) + (3 * c.waiting_s) / (c.waiting_s + c.service_s + 1e-9) + c.lost_rps / Math.max(1, c.arrivals_rps);
  /** What its callers do not get, a second. @param {number} i */
  const lost = (i) => session.meta.edges.reduce((sum, e, j) => (e.to === i ? sum + session.live.edge(j).timeouts_rps + session.live.edge(j).failed_rps : sum), 0);
  const list = h("ol.rows.ranked");
  host.append(list);
  let last = 0;

  function rank() {
    if (!session.live || !session.frame) return;
    last = performance.now();
    const all = session.meta.components.map((m, i) => ({ ...session.live.component(i), name: m.name, lost_rps: lost(i) }));
    all.sort((a, b) => tight(b) - tight(a));
    const focused = document.activeElement?.closest?.("#panel-bottlenecks button")?.textContent;
    list.replaceChildren(...all.slice(0, 12).map((c, i) => row(session, c, i)));
    if (focused) [...list.querySelectorAll("button")].find((b) => b.textContent === focused)?.focus();
  }
  return { shown: rank, loaded: rank, tick: () => performance.now() - last > 500 && rank() };
}

/** @param {import("../session.mjs").Session} session @param {any} c @param {number} i */
function row(session, c, i) {
  const share = c.utilization ?? 0;
  const bar = h(`div.meter.${share >= 0.98 ? "bad" : share >= 0.8 ? "warn" : ""}`, { title: "utilization", style: { "--share": `${Math.min(100, share * 100)}%` } }, h("i"));
  return h("li", {}, h("span.small", {}, i + 1), h("button.plain.code", { onclick: () => session.selectName(c.name) }, c.name), bar, h("span", {}, words(c)));
}

/** @param {any} c */
function words(c) {
  const said = [c.utilization === null ? "as many servers as needed" : `${percent(c.utilization)} utilized`];
  if (c.state === "down") said.unshift("down");
  if (c.waiting_s > 0.05 * c.service_s && c.queue < 1) said.push(`one waits ${time(c.waiting_s)}`);
  if (c.queue >= 1) said.push(`${count(c.queue)} waiting${c.waiting_s ? `, for ${time(c.waiting_s)}` : ""}`);
  if (c.lost_rps > 0) said.push(`its callers lose ${rate(c.lost_rps)}`);
  return said.join(" · ");
}
