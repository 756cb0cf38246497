// @ts-check
// The palette of faults that can strike what is selected. A click strikes, now.
import { compiler } from "../engine.mjs";
import { h } from "./element.mjs";
import { redraw } from "./redraw.mjs";

/** Those that a story most often begins with, first. */
const FIRST = ["crash", "flush", "slow", "hang", "cpu_spike", "memory_leak", "latency", "packet_loss", "network_partition", "request_spike", "surge", "traffic_drop"];
const SHOWN = 8;

/** @param {import("../session.mjs").Session} session @param {string} name */
export function faults(session, name) {
  const groups = h("div.faults");
  const search = h("input.search", { type: "search", placeholder: "Search, or write: inject …", "aria-label": "Search faults, or write an injection" });
  const box = h("section.edits", {}, h("h3", {}, "Break it"), search, groups);
  /** @type {any[]} */ let all = [];
  let whole = false;

  const button = (f) =>
    h("li", {}, h("button", { title: [f.documentation, f.mitigation && `Mitigation: ${f.mitigation}`, f.line].filter(Boolean).join("\n\n"), onclick: () => session.inject(f.line) }, f.title || f.name.replaceAll("_", " ")));

  function draw() {
    const wanted = search.value.trim().toLowerCase();
    const found = all.filter((f) => `${f.name} ${f.title} ${f.documentation}`.toLowerCase().includes(wanted));
    const some = wanted || whole ? found : [...found].sort((a, b) => rank(a) - rank(b)).slice(0, SHOWN);
    const named = new Map();
    for (const f of some) {
      const group = (whole && f.group) || "";
      named.set(group, [...(named.get(group) ?? []), f]);
    }
    redraw(groups, [...named].flatMap(([group, list]) => [group && h("h4", {}, group), h("ul", {}, list.map(button))]), () => groups.querySelector("button"));
    if (!some.length && !wanted.startsWith("inject")) groups.append(h("p.small", {}, "No fault of this name strikes here."));
    if (!wanted && !whole && found.length > SHOWN)
      groups.append(h("p", { style: { "margin-top": "8px" } }, h("button.link", { onclick: () => ((whole = true), draw()) }, `all ${found.length} faults`)));
  }
  search.oninput = draw;
  search.onkeydown = (event) => {
    if (event.key !== "Enter") return;
    if (search.value.trim().startsWith("inject ")) session.inject(search.value.trim());
    else groups.querySelector("li button")?.click();
  };
  groups.append(h("p.small", {}, "Trying which faults can strike here…"));
  session.attempt(() => compiler.call("faults", { source: session.source, scenario: session.scenario, component: name })).then((list) => {
    all = Array.isArray(list) ? list : [];
    draw();
    if (list?.error) groups.replaceChildren(h("p.small", {}, `The faults cannot be listed: ${list.error}`));
  });
  return box;
}

const rank = (f) => (FIRST.indexOf(f.name) + 1 || 99) - 1;
