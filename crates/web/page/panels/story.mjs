// @ts-check
// What happened, in order; and why, beside the same run without the disturbance.
import { h } from "./element.mjs";
import { clock, parsed } from "./numbers.mjs";
import { redraw } from "./redraw.mjs";
import { lasting, told } from "./told.mjs";

const SHOWN = 200;

/** @type {import("./panels.mjs").Panel} */
export function story(session, host) {
  const [events, why] = [h("div"), h("div.prose")];
  host.append(h("div.split.story", {}, h("div", {}, h("h2", {}, "Why"), why), h("div", {}, h("h2", {}, "What happened"), events)));
  const disturbed = () => session.inputs.length > 0 || (session.loaded?.effects ?? []).some((e) => !e.quiet && e.start_ns <= session.now_ns);
  /** The next disturbance of the scenario, and when it comes. */
  const toCome = () => {
    const [next] = session.loaded.effects.filter((e) => !e.quiet && e.start_ns > session.now_ns && e.start_ns < session.duration_ns).sort((a, b) => a.start_ns - b.start_ns);
    return next ? `: ${next.label} is to come, at ${clock(next.start_ns, 1)}` : "";
  };
  /** What the list was made of. */
  let listed = "";
  /** What was asked last: a story is told anew once something was done, when time stands still, or if one asks. */
  let asked = "";
  let busy = false;

  function list() {
    const some = once(lasting(session.records, session.now_ns), session.meta).slice(-SHOWN);
    const now = some.map((r) => `${r.at_ns} ${r.kind} ${r.entity}`).join();
    if (now === listed && events.firstChild) return;
    listed = now;
    if (!some.length) return events.replaceChildren(h("p.empty", {}, "Nothing out of the ordinary so far."));
    const kept = events.querySelector("ol") ?? h("ol.rows.events");
    const newest = some.map((r) => h("li", {}, h("button.link", { onclick: () => session.seek(r.at_ns) }, clock(r.at_ns, 1)), h("span", {}, told(r, session.meta))));
    redraw(kept, newest);
    if (!kept.isConnected) events.replaceChildren(kept);
  }

  async function explain() {
    if (busy || !session.loaded) return;
    if (!disturbed()) return why.replaceChildren(h("p.empty", {}, `Nothing has been disturbed yet${toCome()}. Select a component, break it, and the cause of what follows is named here.`));
    busy = true;
    const at = session.now_ns;
    asked = state();
    if (!why.querySelector("ol")) why.replaceChildren(h("p.empty", {}, "Comparing with the same run without the disturbance…"));
    const found = await session.attempt(() => session.why());
    busy = false;
    if (found) why.replaceChildren(...prose(found, session), h("p.small", {}, `Told at ${clock(at, 1)}. `, h("button.link", { onclick: explain }, "Tell it anew")));
    else why.replaceChildren(h("p.empty", {}, "No story could be told. ", h("button.link", { onclick: explain }, "Try again")));
    now(); // something may have been done, or gone to, meanwhile
  }

  const state = () => `${session.meta?.model}|${session.seed}|${session.inputs}${session.playing ? "" : `|${session.now_ns}`}`;
  /** Two seconds after the last disturbance there is something to tell. */
  const ripe = () => {
    const begun = [...session.loaded.effects.filter((e) => !e.quiet).map((e) => e.start_ns), ...session.inputs.map((i) => parsed(i).start_ns)].filter((t) => t <= session.now_ns);
    return !session.playing || session.now_ns > Math.max(...begun) + 2e9;
  };
  const now = () => {
    if (!session.loaded || state() === asked) return;
    if (!disturbed() || ripe()) explain();
  };
  return { shown: () => (list(), now()), loaded: () => (why.replaceChildren(), (asked = ""), list(), now()), records: list, report: () => (list(), now()) };
}

/** What repeats itself is told once; effects that only say how traffic comes are not. @param {any[]} records @param {any} meta */
function once(records, meta) {
  const seen = new Set();
  return records.filter((r) => {
    if (r.kind.startsWith("effect")) return !meta.effects[r.entity]?.quiet;
    const key = /scaled|elected|leader|candidate/.test(r.kind) ? r : `${r.kind} ${r.entity}`;
    return !seen.has(key) && seen.add(key);
  });
}

/** @param {any} found @param {import("../session.mjs").Session} session */
function prose(found, session) {
  const steps = found.timeline ?? [];
  const row = (step) =>
    h("li", {}, h("button.link", { onclick: () => session.seek(step.t_s * 1e9) }, clock(step.t_s * 1e9, 1)),
      h("span", {}, h("button.plain", { onclick: () => (step.edge ?? step.component) && session.selectName(step.edge ?? step.component) }, step.words), step.because !== null && steps[step.because] && h("span.because", {}, ` ← ${steps[step.because].words}`)));
  return [...(found.summary ?? []).map((line) => h("p", {}, line)), h("ol.rows.events", {}, steps.map(row))];
}
