// @ts-check
// A tour of the cache stampede for newcomers. Each step waits for what it speaks of; Esc leaves at any time.
import { byId, h } from "./panels/element.mjs";

/**
 * @typedef {{at: string, title: string, words: string, done?: () => boolean, help?: () => unknown}} Step
 * @param {import("./session.mjs").Session} session
 * @param {{begin: () => Promise<unknown>, show: (panel: string) => void, shown: () => string}} page
 */
export function mountTour(session, page) {
  const component = (name) => session.live?.component(session.meta.components.findIndex((c) => c.name === name));
  let back = 0;
  /** @type {Step[]} */
  const steps = [
    { at: "picture", title: "A shop, alive", words: "Ten thousand requests a second go through this system. It is not a film: it is compiled from the text, and simulated in this page.", done: () => session.now_ns > 4e9 },
    { at: "text", title: "The text is the system", words: "Every component, timeout and queue of the picture is written here. Change a number, and the run begins anew with it." },
    { at: "picture", title: "Find the cache", words: "catalog asks redis before it asks postgres, and almost always finds what it needs. Select redis in the picture.", done: () => session.selected?.name === "redis", help: () => session.selectName("redis") },
    { at: "inspector", title: "Break it", words: "These are the faults that can strike a cache. Flush it: at once it knows nothing.", done: () => session.inputs.length > 0, help: () => session.inject("inject flush on redis") },
    { at: "vitals", title: "It falls over", words: "Every miss goes to postgres now, which can do half of that. Its queue fills, catalog waits for it, shoppers wait for catalog, and then they get errors.", done: () => session.live?.system.error_rate > 0.05 && component("postgres")?.utilization > 0.9 },
    { at: "tab-story", title: "What broke first?", words: "The story compares with the same run in which nothing was broken, on the same random streams, and names the cause of each step. Open it.", done: () => page.shown() === "story", help: () => page.show("story") },
    { at: "timeline", title: "Go back", words: "Drag along this line, back to the moment it broke. What you see then is exact, to the last digit.", done: () => ((back = Math.max(back, session.now_ns)), session.now_ns < back - 1e9), help: () => session.seek(Math.max(0, session.now_ns - 8e9)) },
    { at: "share", title: "Send it", words: "“Copy link” puts the text, the seed and what you did into the address. Nothing is sent to a server, and whoever opens it sees this very run." },
  ];
  /** @type {any} */ let card = null;
  /** @type {Element | null} */ let lit = null;
  let timer = 0;

  function leave() {
    clearInterval(timer);
    card?.remove();
    lit?.classList.remove("toured");
    card = lit = null;
  }

  /** @param {number} i */
  function show(i) {
    leave();
    const step = steps[i];
    if (!step) return;
    lit = byId(step.at);
    lit?.classList.add("toured");
    const last = i === steps.length - 1;
    const next = h("button", { onclick: () => show(i + 1), disabled: !!step.done }, last ? "Done" : "Next");
    const hand = step.help && h("button.link", { onclick: step.help }, "do it for me");
    card = h("div.tour", { role: "dialog", "aria-label": step.title }, h("b", {}, step.title), h("p", {}, step.words), h("footer", {}, h("button.link", { onclick: leave }, "leave"), h("span", {}, `${i + 1} of ${steps.length}`), hand ?? "", next));
    document.body.append(card);
    place(card, lit);
    back = 0;
    if (!step.done) return next.focus();
    timer = window.setInterval(() => {
      if (!step.done?.()) return;
      clearInterval(timer);
      next.disabled = false;
      hand?.remove();
      next.focus();
    }, 150);
  }

  addEventListener("keydown", (event) => event.key === "Escape" && card && (leave(), event.stopPropagation()), true);
  return async () => {
    await page.begin();
    show(0);
  };
}

/** Under the picture, which all of it is about; under a button of the header, over a tab. @param {HTMLElement} card @param {Element | null} target */
function place(card, target) {
  const [box, own] = [target?.getBoundingClientRect(), card.getBoundingClientRect()];
  if (!box || !box.width) return Object.assign(card.style, { right: "16px", bottom: "16px" });
  const inside = (v, most) => Math.max(12, Math.min(v, most - 12));
  const { top: from, bottom: to } = byId("stage").getBoundingClientRect();
  const beside = box.height > 240 && box.width < 500;
  const left = beside ? (box.right + own.width + 24 < innerWidth ? box.right + 12 : box.left - own.width - 12) : box.width > 500 ? box.right - own.width - 24 : box.left;
  const top = box.bottom <= from ? box.bottom + 12 : box.top >= to ? box.top - own.height - 12 : to + 12;
  Object.assign(card.style, { left: `${inside(left, innerWidth - own.width)}px`, top: `${inside(top, innerHeight - own.height)}px` });
}
