// @ts-check
// Time: play, step, speed, and a line over the whole scenario on which one drags.
import { byId, h, icon, s, say } from "./element.mjs";
import { clock, parsed } from "./numbers.mjs";

const SPEEDS = [0.001, 0.01, 0.1, 0.25, 0.5, 1, 2, 5, 10, 50, Infinity];
const wording = (speed) => (speed === Infinity ? "max" : `${speed}×`);
const MARKS = { pass: "✓", fail: "✕" };

/** @param {import("../session.mjs").Session} session */
export function mountTransport(session) {
  const [play, speed, time] = [byId("play"), byId("speed"), byId("clock")];
  speed.append(...SPEEDS.map((v, i) => h("option", { value: String(i) }, wording(v))));
  speed.value = String(SPEEDS.indexOf(session.speed));
  play.onclick = () => (session.playing ? session.pause() : session.play());
  byId("step").onclick = () => session.step();
  byId("restart").onclick = () => session.seek(0);
  speed.onchange = () => session.pace(SPEEDS[Number(speed.value)]);
  const line = timeline(session);
  byId("timeline").append(...line.nodes);

  session.on("playing", () => {
    play.replaceChildren(icon(session.playing ? "pause" : "play"));
    play.setAttribute("aria-label", session.playing ? "Pause" : "Play");
    speed.value = String(SPEEDS.indexOf(session.speed));
  });
  session.on("tick", () => {
    say(time, clock(session.now_ns));
    line.move();
  });
  for (const event of ["loaded", "inputs", "report"]) session.on(event, line.draw);
  return { /** @param {number} by */ faster: (by) => session.pace(SPEEDS[Math.max(0, Math.min(SPEEDS.length - 1, SPEEDS.indexOf(session.speed) + by))]) };
}

/** @param {import("../session.mjs").Session} session */
function timeline(session) {
  const area = s("svg", { viewBox: "0 0 1000 100", preserveAspectRatio: "none", "aria-hidden": "true" });
  const track = h("div.track", {}, area, h("div.ahead"));
  const over = h("div", { "aria-hidden": "true" });
  const range = h("input", { type: "range", min: "0", max: "1000", value: "0", step: "any", "aria-label": "Instant of the scenario" });
  const head = h("div.head");
  const nodes = [track, over, head, range];
  const share = (ns) => `${Math.max(0, Math.min(100, (100 * ns) / session.duration_ns))}%`;

  let resume = false;
  let dragging = false;
  range.oninput = () => {
    if (!dragging) resume = session.playing;
    dragging = true;
    if (session.playing) session.pause();
    session.seek((Number(range.value) / 1000) * session.duration_ns);
  };
  range.onchange = () => {
    if (resume) session.play();
    dragging = resume = false;
  };
  range.onkeydown = (event) => event.key.startsWith("Arrow") && event.preventDefault(); // the page's own keys

  function move() {
    const at = share(session.now_ns);
    track.style.setProperty("--at", at);
    head.style.setProperty("--at", at);
    if (!dragging) range.value = String((1000 * session.now_ns) / Math.max(1, session.duration_ns));
    range.setAttribute("aria-valuetext", clock(session.now_ns, 1));
  }

  function draw() {
    const { loaded, report } = session;
    if (!loaded) return;
    range.disabled = false;
    over.replaceChildren(
      ...loaded.phases.map((p) => h("span.phase", { style: { "--from": share(p.start_ns), "--long": share(p.end_ns - p.start_ns) } }, p.name)),
      ...bands(session).map((b) => h(b.hand ? "i.band.hand" : "i.band", { title: b.label, style: { "--from": share(b.from), "--long": share(b.to - b.from) } })),
      ...marks(session).map((m) => h(`i.mark.${tone(m.verdict)}`, { title: m.text, style: { "--from": share(m.at) } }, MARKS[m.verdict] ?? "◦")),
    );
    const broke = broken(report);
    if (broke !== null) over.append(h("i.broke", { title: `errors above 1\u202f% at ${clock(broke, 1)}`, style: { "--from": share(broke) } }));
    area.replaceChildren(...areas(report, session.duration_ns));
    move();
  }
  return { nodes, draw, move };
}

const tone = (verdict) => (verdict === "pass" ? "ok" : verdict === "fail" ? "bad" : "muted");

/** Faults of the text, and those by hand. @param {import("../session.mjs").Session} session @returns {{label: string, from: number, to: number, hand: boolean}[]} */
function bands({ meta, inputs, duration_ns }) {
  const by_hand = new Set(inputs.map((input) => parsed(input).start_ns));
  const timed = meta.effects.filter((e) => !e.quiet && e.start_ns !== undefined);
  return timed.map((e) => ({ label: e.label, from: e.start_ns, to: Math.min(e.end_ns ?? duration_ns, duration_ns), hand: by_hand.has(e.start_ns) }));
}

/** Expectations where they are decided. @param {import("../session.mjs").Session} session */
const marks = (session) =>
  session.loaded.expectations.map((e, i) => ({ at: Math.min(e.until_ns ?? session.duration_ns, session.duration_ns), text: e.label ?? e.text, verdict: session.verdict(i) }));

/** The end of the first window in which one in a hundred fails: by then it is known. @param {any} report */
export function broken(report) {
  const c = report?.windows?.columns;
  if (!c) return null;
  const bad = (i) => c.errors[i] > 0.01 * Math.max(1, c.rps?.[i] ?? c.goodput_rps[i] + c.errors[i]) * report.windows.width_s && c.errors[i] >= 3;
  const first = c.errors.findIndex((_, i) => bad(i));
  return first < 0 ? null : c.t[first] * 1e9;
}

/** Goodput, and what was lost on top of it. @param {any} report @param {number} duration_ns */
function areas(report, duration_ns) {
  const c = report?.windows?.columns;
  if (!c?.t.length) return [];
  const width = report.windows.width_s;
  const total = c.goodput_rps.map((g, i) => g + c.errors[i] / width);
  const most = Math.max(1, ...total) * 1.15;
  const x = (i) => (1e12 * (c.t[i] - width)) / duration_ns;
  const w = (1e12 * width) / duration_ns;
  const shape = (top, base) =>
    top.map((v, i) => `M${x(i).toFixed(1)} ${(100 - (100 * base(i)) / most).toFixed(1)}h${w.toFixed(2)}V${(100 - (100 * v) / most).toFixed(1)}h-${w.toFixed(2)}z`).join("");
  return [s("path", { class: "good", d: shape(c.goodput_rps, () => 0) }), s("path", { class: "lost", d: shape(total, (i) => c.goodput_rps[i]) })];
}
