// @ts-check
// What happened, in order; and why, beside the same run without the disturbance.
import { h } from "./element.mjs";
import { clock, told } from "./numbers.mjs";

const SHOWN = 200;

/** @type {import("./panels.mjs").Panel} */
export function story(session, host, page) {
  const [events, why] = [h("div"), h("div.prose")];
  host.append(h("div.split.story", {}, h("div", {}, h("h2", {}, "Why"), why), h("div", {}, h("h2", {}, "What happened"), events)));
  const disturbed = () => session.inputs.length > 0 || (session.loaded?.effects ?? []).some((e) => !e.quiet && e.start_ns <= session.now_ns);
  let asked = "";
  let busy = false;

  function list() {
    const some = session.records.slice(-SHOWN);
    if (!some.length) return events.replaceChildren(h("p.empty", {}, "Nothing out of the ordinary so far."));
    const kept = events.querySelector("ol") ?? h("ol.rows.events");
    const newest = some.map((r) => h("li", {}, h("button.link", { onclick: () => session.seek(r.at_ns) }, clock(r.at_ns, 1)), h("span", {}, told(r, session.meta))));
    kept.replaceChildren(...newest);
    if (!kept.isConnected) events.replaceChildren(kept);
  }

  async function explain() {
    const state = `${session.inputs}|${session.now_ns}|${session.source.length}`;
    if (busy || state === asked || !session.loaded) return;
    asked = state;
    if (!disturbed()) return why.replaceChildren(h("p.empty", {}, "Nothing has been disturbed yet. Select a component, break it, and the cause of what follows is named here."));
    busy = true;
    if (!why.querySelector("ol")) why.replaceChildren(h("p.empty", {}, "Comparing with the same run without the disturbance…"));
    const found = await session.attempt(() => session.run.why());
    busy = false;
    if (found) why.replaceChildren(...prose(found, session, page));
  }

  /** Asks when time stands still, or every few seconds. */
  let last = 0;
  function now() {
    if (session.playing && performance.now() - last < 4000) return;
    last = performance.now();
    explain();
  }
  return { shown: () => (list(), now()), loaded: () => ((asked = ""), list(), now()), records: list, inputs: () => setTimeout(now, 300), report: now };
}

/** @param {any} found @param {import("../session.mjs").Session} session @param {any} page */
function prose(found, session, page) {
  const steps = found.timeline ?? [];
  const row = (step) =>
    h("li", {}, h("button.link", { onclick: () => session.seek(step.t_s * 1e9) }, clock(step.t_s * 1e9, 1)),
      h("span", {}, h("button.plain", { onclick: () => (step.edge ?? step.component) && session.selectName(step.edge ?? step.component) }, step.words), step.because !== null && steps[step.because] && h("span.because", {}, ` ← ${steps[step.because].words}`)));
  return [...(found.summary ?? []).map((line) => h("p", {}, line)), h("ol.rows.events", {}, steps.map(row))];
}
