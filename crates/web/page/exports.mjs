// @ts-check
// What is kept of a run without its link: pictures, a film, the module, texts. Fetched when one is first asked for.
import { clock, count, percent, time } from "./panels/numbers.mjs";

/** @typedef {{session: import("./session.mjs").Session, page: any, link(): Promise<unknown>, copy(text: string, words: string): Promise<void>}} Place */

/** @param {Place} place */
const name = ({ session }) => `${session.name}-${session.scenario ?? "run"}`;

/** What one can ask for, by the name that the menu has for it. @type {Record<string, (place: Place) => Promise<unknown> | void>} */
export const kept = {
  async markdown({ session, link, copy }) {
    await link();
    const report = await session.attempt(() => session.run.report());
    if (report) await copy(markdown(session, report, location.href), "Copied as Markdown.");
  },
  png: async (place) => save(await place.page.picture.png(), `${name(place)}.png`),
  svg: async (place) => save(await place.page.picture.svg(), `${name(place)}.svg`, "image/svg+xml"),
  module: async (place) => save(await place.session.run.module(), `${name(place)}.wasm`, "application/wasm"),
  text: ({ session }) => save(session.source, `${session.name}.sysdl`, "text/plain"),
  async webm(place) {
    const { session, page } = place;
    page.say("Ten seconds are being filmed.");
    if (!session.playing) session.play();
    const stop = page.picture.record();
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    save(await stop(), `${name(place)}.webm`);
    page.say("The film is saved.");
  },
};

/** @param {Blob | BufferSource | string} what @param {string} name @param {string} [type] */
function save(what, name, type) {
  const url = URL.createObjectURL(what instanceof Blob ? what : new Blob([what], { type }));
  const anchor = Object.assign(document.createElement("a"), { href: url, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** A run as it goes into an issue or a pull request. @param {import("./session.mjs").Session} session @param {any} report @param {string} href */
function markdown(session, report, href) {
  const [l, t] = [report.latency_s ?? {}, report.totals];
  const mark = (e) => `- ${{ pass: "✓", fail: "✗" }[e.verdict] ?? "◦"} \`${e.text}\`${e.value && e.verdict !== "inconclusive" ? ` = ${e.value}` : ""}`;
  const fence = "`".repeat(3);
  return [
    `### ${session.meta.system}: ${session.scenario}, seed ${session.seed}, at ${clock(session.now_ns, 1)}`, "",
    "| goodput | errors | p50 | p95 | p99 |", "| --- | --- | --- | --- | --- |",
    `| ${count(t.goodput_rps)}/s | ${percent(t.error_rate)} | ${time(l.p50)} | ${time(l.p95)} | ${time(l.p99)} |`, "",
    ...report.expectations.map((e, i) => mark({ ...e, ...session.found(i) })), ...session.inputs.map((i) => `- by hand: \`${i}\``), "", ...(session.story?.summary ?? []), "",
    `[Open this run](${href})`, "", `${fence}sysdl`, session.source.trimEnd(), fence, "",
  ].join("\n");
}
