// @ts-check
// Where it is tight, worst first: utilization, what waits, what fails because of it.
import { h } from "./element.mjs";
import { count, percent, rate, time } from "./numbers.mjs";

/** @type {import("./panels.mjs").Panel} */
export function bottlenecks(session, host) {
  /** How tight a component is: failing counts most, then a queue, then busy servers. @param {any} c */
  const tight = (c) => (c.state === "down" ? 100 : 0) + 10 * Math.min(1, c.failed_rps / Math.max(1, c.arrivals_rps)) + 3 * Math.min(1, c.queue / (c.queue_capacity || 100)) + (c.utilization ?? 0);
  const list = h("ol.rows.ranked");
  host.append(list);
  let last = 0;

  function rank() {
    if (!session.live || !session.frame) return;
    last = performance.now();
    const all = session.meta.components.map((m, i) => ({ name: m.name, ...session.live.component(i) }));
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
  if (c.queue >= 1) said.push(`${count(c.queue)} waiting${c.waiting_s ? ` ${time(c.waiting_s)}` : ""}`);
  if (c.failed_rps > 0) said.push(`fails ${rate(c.failed_rps)}`);
  return said.join(" · ");
}
