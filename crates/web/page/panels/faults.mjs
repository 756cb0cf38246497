// @ts-check
// The palette of faults that can strike what is selected. A click strikes, now.
import { compiler } from "../engine.mjs";
import { h } from "./element.mjs";

/** Those that a story most often begins with, first. */
const FIRST = ["crash", "flush", "slow", "latency", "hang", "packet_loss", "network_partition", "traffic_surge", "cpu_spike", "errors"];
const SHOWN = 8;

/** @param {import("../session.mjs").Session} session @param {string} name */
export function faults(session, name) {
  const groups = h("div.faults");
  const search = h("input.search", { type: "search", placeholder: "Search faults", "aria-label": "Search faults" });
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
    for (const f of some) named.set(f.group ?? "", [...(named.get(f.group ?? "") ?? []), f]);
    groups.replaceChildren(...[...named].flatMap(([group, list]) => [group && (wanted || whole) ? h("h4", {}, group) : "", h("ul", {}, list.map(button))]));
    if (!some.length) groups.append(h("p.small", {}, "No fault of this name strikes here."));
    if (!wanted && !whole && found.length > SHOWN)
      groups.append(h("p", { style: { "margin-top": "8px" } }, h("button.link", { onclick: () => ((whole = true), draw()) }, `all ${found.length} faults`)));
  }
  search.oninput = draw;
  session.attempt(() => compiler.call("faults", { source: session.source, scenario: session.scenario, component: name })).then((list) => {
    all = Array.isArray(list) ? list : [];
    box.hidden = !all.length;
    draw();
  });
  return box;
}

const rank = (f) => (FIRST.indexOf(f.name) + 1 || 99) - 1;
