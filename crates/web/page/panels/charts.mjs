// @ts-check
// The tab of live charts. They take every frame, shown or not, so that none of the run is missing when one looks.
import { mountCharts } from "../charts.mjs";
import { h } from "./element.mjs";

/** @type {import("./panels.mjs").Panel} */
export function charts(session, host, page) {
  const box = h("div");
  host.append(box);
  const drawn = mountCharts(box, { onSeek: (t_s) => session.seek(t_s * 1e9) });
  page.charts = drawn;
  session.on("loaded", () => {
    drawn.reset(session.meta);
    const effects = session.loaded.effects.filter((e) => !e.quiet && e.start_ns !== undefined).map((e) => ({ label: e.event ?? e.label, since_ns: e.start_ns, until_ns: e.end_ns ?? undefined }));
    drawn.mark({ phases: session.loaded.phases, effects });
  });
  session.on("frame", () => drawn.push(session.live, session.frame));
  session.on("select", () => drawn.select(session.selected?.kind === "component" ? session.selected.id : null));
  return { shown: () => drawn.resize() };
}
