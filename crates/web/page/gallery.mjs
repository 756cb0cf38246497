// @ts-check
// All blueprints that this page was built with, to search and to open.
import { byId, h } from "./panels/element.mjs";

/** @typedef {import("./blueprints.mjs").Blueprint} Blueprint */

/** @param {Blueprint[]} all @param {(blueprint: Blueprint, scenario?: string) => void} open */
export function mountGallery(all, open) {
  const dialog = byId("gallery");
  const search = h("input", { type: "search", placeholder: "Search: cache, queue, retry…", "aria-label": "Search blueprints", oninput: draw });
  const levels = [...new Set(all.map((b) => b.difficulty).filter(Boolean))];
  const level = h("select", { "aria-label": "Difficulty", onchange: draw }, h("option", { value: "" }, "Any difficulty"), levels.map((d) => h("option", { value: d }, d)));
  const cards = h("div.cards");
  const close = h("button.icon", { "aria-label": "Close", onclick: () => dialog.close() }, "×");
  dialog.append(
    h("div.head-bar", {}, close, h("h2", { id: "gallery-title" }, "Blueprints"), h("p.small", {}, "Systems to run, to break, and to begin from."), h("div.tools", {}, search, levels.length > 1 && level)),
    cards,
  );

  function draw() {
    const wanted = search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const text = (b) => [b.name, b.title, b.summary, ...b.scenarios.flatMap((s) => [s.name, s.title])].join(" ").toLowerCase();
    const found = all.filter((b) => (!level.value || b.difficulty === level.value) && wanted.every((w) => text(b).includes(w)));
    cards.replaceChildren(...found.map(card));
    if (!found.length) cards.append(h("p.empty", {}, all.length ? "No blueprint has these words." : "This page came without blueprints."));
  }

  /** @param {Blueprint} b */
  function card(b) {
    const many = `${b.scenarios.length} scenario${b.scenarios.length === 1 ? "" : "s"}`;
    return h("button.card", { onclick: () => (dialog.close(), open(b)) }, h("b", {}, heading(b)), h("span.small", {}, b.summary || rest(b)), h("span", {}, h("span", {}, many), h("span", {}, b.difficulty ?? "")));
  }
  return () => {
    draw();
    dialog.showModal();
    search.focus();
  };
}

/** Titles are "Name: what is in it". @param {Blueprint} b */
const heading = (b) => (b.title || b.name.replaceAll("_", " ")).split(": ")[0];
/** @param {Blueprint} b */
const rest = (b) => (b.title ?? "").split(": ").slice(1).join(": ") || b.scenarios.map((s) => s.title ?? s.name).slice(0, 2).join(" · ");
