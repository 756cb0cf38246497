// @ts-check
// The tabs below the picture. A panel that is not shown does no work.
import { byId, h } from "./element.mjs";
import { charts } from "./charts.mjs";
import { expectations } from "./expectations.mjs";

/**
 * A panel fills its host, and answers with what is to be done on events of the session while it is shown.
 * @typedef {(session: import("../session.mjs").Session, host: HTMLElement, page: any) => Record<string, (what?: any) => void>} Panel
 */

/** Two are there from the begin; the others are fetched when they are first looked at. @type {[id: string, title: string, panel: () => Panel | Promise<Panel>][]} */
const PANELS = [
  ["expectations", "Expectations", () => expectations], ["charts", "Charts", () => charts],
  ["story", "Story", async () => (await import("./story.mjs")).story], ["bottlenecks", "Bottlenecks", async () => (await import("./bottlenecks.mjs")).bottlenecks],
  ["numbers", "Numbers", async () => (await import("./table.mjs")).numbers], ["compare", "Compare", async () => (await import("./compare.mjs")).compare],
  ["seeds", "Seeds", async () => (await import("./seeds.mjs")).seeds], ["cost", "Cost", async () => (await import("./cost.mjs")).cost],
];
const EVENTS = ["loaded", "tick", "report", "select", "records", "inputs", "diagnostics"];

/** @param {import("../session.mjs").Session} session @param {any} page */
export function mountPanels(session, page) {
  const tabs = PANELS.map(([id, title]) => h("button", { id: `tab-${id}`, role: "tab", "aria-controls": `panel-${id}`, onclick: () => show(id) }, title));
  const hosts = PANELS.map(([id]) => h("div", { id: `panel-${id}`, role: "tabpanel", tabIndex: 0, "aria-labelledby": `tab-${id}`, hidden: true }));
  const list = h("div", { role: "tablist", "aria-label": "Panels", onkeydown: turn }, tabs);
  byId("panels").append(list, ...hosts);
  /** What panels do on events; those not fetched yet do nothing. @type {Record<string, (what?: any) => void>[]} */
  const reactions = PANELS.map(() => ({}));
  const mounted = new Set();
  let shown = 0;

  /** @param {number} i */
  async function mount(i) {
    if (mounted.has(i)) return;
    mounted.add(i);
    try {
      const panel = PANELS[i][2]();
      reactions[i] = (panel instanceof Promise ? await panel : panel)(session, hosts[i], page);
    } catch (error) {
      mounted.delete(i);
      hosts[i].replaceChildren(h("p.empty", {}, `This panel could not be fetched: ${error}`));
    }
  }

  /** @param {string} id */
  function show(id) {
    shown = PANELS.findIndex(([name]) => name === id);
    tabs.forEach((tab, i) => {
      tab.setAttribute("aria-selected", String(i === shown));
      tab.tabIndex = i === shown ? 0 : -1;
      hosts[i].hidden = i !== shown;
    });
    page.kept.set("panel", id);
    mount(shown).then(() => reactions[shown].shown?.());
  }

  /** @param {KeyboardEvent} event */
  function turn(event) {
    const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!by) return;
    event.preventDefault();
    event.stopPropagation();
    const next = (shown + by + tabs.length) % tabs.length;
    show(PANELS[next][0]);
    tabs[next].focus();
  }

  for (const event of EVENTS) session.on(event, (what) => reactions[shown][event]?.(what));
  mount(1);
  return { show: (id) => PANELS.some(([name]) => name === id) && show(id), shown: () => PANELS[shown][0] };
}
