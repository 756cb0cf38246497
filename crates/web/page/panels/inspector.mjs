// @ts-check
// What is known of the component or edge that is selected: live numbers, the theory beside them, its text, its faults.
import { declaration } from "./declaration.mjs";
import { byId, h, say } from "./element.mjs";
import { clock, count, dollars, parsed, percent, rate, time } from "./numbers.mjs";
import { faults } from "./faults.mjs";
import { redraw } from "./redraw.mjs";

/** @typedef {[label: string, read: () => string]} Pair */

/** @param {import("../session.mjs").Session} session @param {{reveal: (from: number, to: number) => void}} page */
export function mountInspector(session, page) {
  const host = byId("inspector");
  host.tabIndex = -1;
  let live = [];
  /** @type {string | undefined} */ let shown;
  const show = () => {
    live = [];
    const before = shown;
    shown = session.selected?.name;
    host.toggleAttribute("data-selected", !!shown);
    redraw(host, session.loaded ? sections(session, page, live) : [], () => (!shown && before && inPicture(before)) || host);
    byId("toggle-text").ariaExpanded = String(byId("text").checkVisibility({ visibilityProperty: true }));
    if (shown && shown !== before) inSight(host);
    tick();
  };
  const tick = () => session.frame && live.forEach((update) => update());
  session.on("select", show);
  session.on("loaded", show);
  session.on("diagnostics", () => !session.stale && session.loaded && !host.contains(document.activeElement) && show());
  session.on("tick", tick);
}

/** A component or an edge as the keyboard finds it. @param {string} name @returns {HTMLElement | null} */
const inPicture = (name) => document.querySelector(["node", "edge"].map((what) => `[data-${what}="${CSS.escape(name)}"]`).join());

/** Where everything is below everything, so much of the inspector is scrolled to that one sees it is there; the picture stays as far as it can. @param {HTMLElement} host */
function inSight(host) {
  const low = [...host.children].slice(0, 2).map((part) => part.getBoundingClientRect().bottom);
  const by = Math.max(0, ...low) - innerHeight;
  if (by > 0 && getComputedStyle(document.body).display !== "grid") scrollBy({ top: by, behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
}

/** @param {import("../session.mjs").Session} session @param {any} page @param {(() => void)[]} live */
function sections(session, page, live) {
  const { selected } = session;
  const parts = !selected || selected.kind === "source" ? system(session, live) : selected.kind === "component" ? component(session, selected.id, live) : edge(session, selected.id, live);
  const name = selected?.name ?? sourceOf(session);
  return [
    heading(session, live),
    ...parts,
    ...(selected ? [declared(session, selected.name, page)] : []),
    ...(selected ? [] : [parameters(session, page)]),
    ...(name ? [changes(session, name, live)] : []),
    ...(selected ? [faults(session, selected.name)] : []),
    recorded(session, live),
  ].filter((part) => part !== null);
}

/** @param {import("../session.mjs").Session} session */
const sourceOf = (session) => session.meta.sources[0]?.name;

const STATES = { ok: "● healthy", busy: "◐ busy", failing: "■ failing", full: "◆ full", down: "✕ down" };
const TONES = { ok: "ok", busy: "warn", failing: "bad", full: "bad", down: "bad" };

/** @param {import("../session.mjs").Session} session */
const titled = (session) => session.scenarios.find((s) => s.name === session.scenario)?.title;

/** @param {import("../session.mjs").Session} session @param {(() => void)[]} live */
function heading(session, live) {
  const { selected, meta } = session;
  if (!selected) return h("section", {}, h("h2", {}, titled(session) || meta.system), h("p.small", { style: { "margin-top": "4px" } }, "Select a component or an arrow to look inside it, and to break it."));
  const state = h("span.chip");
  const of = selected.kind === "component" ? meta.components[selected.id].kind : selected.kind === "edge" ? "calls" : "traffic";
  if (selected.kind !== "source") live.push(() => {
    const now = selected.kind === "component" ? session.live.component(selected.id).state : breaker(session.live.edge(selected.id).breaker);
    say(state, STATES[now] ?? now);
    state.className = `chip ${TONES[now] ?? ""}`;
  });
  const close = h("button.icon", { "aria-label": "Close", title: "Close (Esc)", onclick: () => session.select(null) }, "×");
  return h("section", {}, h("h2", {}, h("span.name", {}, selected.name.replace("->", " → ")), close), h("p.tools.small", { style: { margin: "6px 0 0" } }, of, selected.kind !== "source" && state));
}

const breaker = (b) => (b === "none" ? "no breaker" : b === "closed" ? "● breaker closed" : b === "open" ? "✕ breaker open" : "◐ breaker half open");

/** Names and numbers, written anew while the run goes: two columns, long numbers in the first. @param {Pair[][]} columns @param {(() => void)[]} live */
function table(columns, live) {
  return h("div.pairs", {}, columns.map((pairs) => h("dl", {}, pairs.map(([label, read]) => {
    const value = h("dd");
    live.push(() => say(value, read()));
    return h("div", {}, h("dt", {}, label), value);
  }))));
}

/** Over what the numbers of now are taken, where that is more than a second. @param {import("../session.mjs").Session} session @param {(() => void)[]} live */
function recently(session, live) {
  const words = h("span", {}, "Now");
  live.push(() => say(words, session.live.seconds > 1.5 ? `Now, over ${session.live.span}` : "Now"));
  return words;
}

/** @param {import("../session.mjs").Session} session @param {(() => void)[]} live */
function system(session, live) {
  const now = () => session.live.system;
  const errors = outcomes(() => ({ ok: now().goodput_rps, ...now().errors }), live);
  return [
    h("section", {}, h("h3", {}, recently(session, live)), table([
      [["Requests", () => rate(now().rps)], ["Good", () => rate(now().goodput_rps)], ["In flight", () => count(now().in_flight)], ["Events", () => rate(session.frame?.events_per_s)]],
      ["p50", "p95", "p99"].map((p) => [p, () => time(now()[`${p}_s`] || null)]),
    ], live)),
    h("section", {}, h("h3", {}, "How requests end"), errors),
  ];
}

/** @param {import("../session.mjs").Session} session @param {number} id @param {(() => void)[]} live */
function component(session, id, live) {
  const now = () => session.live.component(id);
  const meta = session.meta.components[id];
  const of = (most) => (most === null || most === undefined ? "" : ` of ${count(most)}`);
  /** @type {Pair[]} */
  const counts = [
    ["Arrivals", () => rate(now().arrivals_rps)], ["Failed", () => rate(now().failed_rps)], ["Queue", () => count(now().queue) + of(now().queue_capacity)],
    ["Busy", () => count(now().busy) + of(now().servers)], ["Replicas", () => `${count(now().serving)}${of(now().replicas)}`],
  ];
  /** @type {Pair[]} */
  const times = ["p50", "p95", "p99"].map((p) => [p, () => time(now()[`${p}_s`] || null)]);
  if (meta.store) times.push(["Hits", () => percent(now().hit_ratio)]);
  if (meta.monthly_usd) counts.push(["Cost", () => `${dollars(now().monthly_usd)}/mo`]);
  return [
    h("section", {}, h("h3", {}, recently(session, live), meter(() => now().utilization, live)), table([counts, times], live)),
    h("section", {}, h("h3", {}, "Waiting against service"), waiting(now, live)),
    h("section", {}, h("h3", {}, "How visits end"), outcomes(() => ({ ok: now().ok_rps, ...now().errors }), live)),
    theory(session, meta.name, live),
  ];
}

/** @param {() => number | null} read @param {(() => void)[]} live */
function meter(read, live) {
  const words = h("span");
  live.push(() => say(words, read() === null ? "" : `${percent(read())} utilized`));
  return words;
}

/** @param {() => any} now @param {(() => void)[]} live */
function waiting(now, live) {
  const [wait, serve] = [h("i.waiting"), h("i.serving")];
  const [w, v] = [h("b"), h("b")];
  live.push(() => {
    const { waiting_s, service_s } = now();
    const all = (waiting_s || 0) + (service_s || 0);
    wait.style.setProperty("--share", `${all ? (100 * (waiting_s || 0)) / all : 0}%`);
    serve.style.setProperty("--share", `${all ? (100 * (service_s || 0)) / all : 0}%`);
    say(w, time(waiting_s));
    say(v, time(service_s));
  });
  return h("div", {}, h("div.stack", { "aria-hidden": "true" }, wait, serve), h("p.legend", {}, h("span", {}, "▨ waits ", w), h("span", {}, "■ served ", v)));
}

const SHAPES = { ok: "●", timeout: "✕", lost: "✕", rejected: "■", shed: "■", failed: "■", retries: "▲" };

/** Outcomes by reason, those that happen. @param {() => Record<string, number>} read @param {(() => void)[]} live */
function outcomes(read, live) {
  const list = h("ul.outcomes");
  live.push(() => {
    const some = Object.entries(read()).filter(([name, v]) => v > 0 || name === "ok");
    while (list.children.length > some.length) list.lastChild?.remove();
    some.forEach(([name, v], i) => {
      const row = list.children[i] ?? list.appendChild(h("li", {}, h("span"), h("span"), h("span.num")));
      say(row.children[0], SHAPES[name] ?? "■");
      row.children[0].className = name === "ok" ? "ok" : "bad";
      say(row.children[1], name.replaceAll("_", " "));
      say(row.children[2], rate(v));
    });
  });
  return list;
}

/** What a formula says, beside what was simulated. @param {import("../session.mjs").Session} session @param {string} name @param {(() => void)[]} live */
function theory(session, name, live) {
  const box = h("section", { hidden: true });
  let shown = null;
  live.push(() => {
    const found = session.report?.components?.[name];
    if (!found?.theory || found === shown) return;
    shown = found;
    const t = found.theory;
    box.hidden = false;
    const row = (label, formula, run) => h("tr", {}, h("th", {}, label), h("td.num", {}, formula), h("td.num", {}, run));
    box.replaceChildren(
      h("h3", {}, "Theory beside simulation"),
      h("table", {}, h("thead", {}, h("tr", {}, h("th", {}, t.formula), h("th.num", {}, "formula"), h("th.num", {}, "run"))), h("tbody", {},
        row("sojourn", time(t.sojourn_s), time(found.sojourn_s.mean)), row("waiting", time(t.waiting_s), time(found.waiting_s.mean)),
        ...(t.utilization === null ? [] : [row("utilized", percent(t.utilization), percent(found.utilization))]))),
      h("p.small", {}, `${t.sojourn_off >= 0 ? "+" : "−"}${percent(Math.abs(t.sojourn_off))} off the formula${t.exact ? "" : "; arrivals are only nearly Poisson"}`),
    );
  });
  return box;
}

/** @param {import("../session.mjs").Session} session @param {number} id @param {(() => void)[]} live */
function edge(session, id, live) {
  const now = () => session.live.edge(id);
  const { balance } = session.meta.edges[id];
  return [
    h("section", {}, h("h3", {}, recently(session, live)), table([
      [["Calls", () => rate(now().calls_rps)], ["Attempts", () => rate(now().attempts_rps)]], [["Latency", () => time(now().latency_s)], ["Retries", () => rate(now().retries_rps)]],
    ], live), balance && h("p.small", {}, `Calls go ${balance}.`)),
    h("section", {}, h("h3", {}, "How calls end"), outcomes(() => {
      const { ok_rps, timeouts_rps, failed_rps, lost_rps } = now();
      return { ok: ok_rps, timeout: timeouts_rps, failed: failed_rps, lost: lost_rps };
    }, live)),
  ];
}

/** @param {import("../session.mjs").Session} session @param {string} name @param {any} page */
function declared(session, name, page) {
  const at = declaration(session.source, name);
  if (!at) return null;
  const go = h("button.link.edits", { onclick: () => page.reveal(at.from, at.to) }, "go to it");
  return h("section", {}, h("h3", {}, "In the text", go), h("pre", { tabIndex: 0 }, session.source.slice(at.from, at.to).replace(/^ {2}/gm, "")));
}

/** Parameters of the text. A change is an edit of the text: the run begins anew with it. @param {import("../session.mjs").Session} session @param {any} page */
function parameters(session, page) {
  const found = [...session.source.matchAll(/^(param (\w+): *\w+ *= *)([^\n/]*[^\s/])/gm)];
  const written = (name) => new RegExp(`^(param ${name}: *\\w+ *= *)[^\\n/]*[^\\s/]`, "m");
  const field = (_, head = "", name = "", value = "") => {
    const input = h("input", { value, onchange: () => input.value.trim() && page.edit(session.source.replace(written(name), (_, head) => head + input.value.trim())) });
    return h("label.number", {}, h("span", {}, name), input);
  };
  return found.length ? h("section.edits", {}, h("h3", {}, "Parameters"), found.map((match) => field(...match))) : null;
}

/** What can be set while it runs: replicas of a component, the rate of a source. @param {import("../session.mjs").Session} session @param {string} name @param {(() => void)[]} live */
function changes(session, name, live) {
  const { meta } = session;
  const id = meta.components.findIndex((c) => c.name === name);
  const source = meta.sources.find((x) => name === x.name || name.startsWith(`${x.name}->`))?.name;
  const edge = source && meta.edges.find((e) => e.name.startsWith(`${source}->`));
  const at = edge && declaration(session.source, edge.name);
  const fields = [];
  if (id >= 0) fields.push(number("replicas", "1", () => session.live.component(id).serving || meta.components[id].initial || meta.components[id].replicas || 1, (v) => session.inject(`set ${name}.replicas = ${Math.round(v)}`), live));
  if (at && /\bopen\b/.test(session.source.slice(at.from, at.to))) fields.push(number(`${source}: requests a second`, "any", () => rateNow(session, source), (v) => session.inject(`set ${source}.rate = ${v}rps`), live));
  return fields.length ? h("section.edits", {}, h("h3", {}, "Change while it runs"), ...fields) : null;
}

/** What a source was set to last by hand, or else how much comes from it. @param {import("../session.mjs").Session} session @param {string} source */
function rateNow({ inputs, live, meta }, source) {
  const [, set] = inputs.map((input) => input.split(` set ${source}.rate = `)).findLast(([, rate]) => rate) ?? [];
  const comes = meta.edges.reduce((sum, e, i) => sum + (e.name.startsWith(`${source}->`) ? live.edge(i).calls_rps : 0), 0);
  return set ? parseFloat(set) : Number(comes.toPrecision(2)) || "";
}

/** A number as it is now, unless somebody is about to change it. @param {string} label @param {string} step @param {() => number | string} read @param {(value: number) => void} change @param {(() => void)[]} live */
function number(label, step, read, change, live) {
  const input = h("input", { type: "number", min: "0", step, value: String(read()), onchange: () => input.value !== "" && change(Number(input.value)) });
  live.push(() => {
    if (input !== document.activeElement) input.value = String(read());
  });
  return h("label.number", {}, h("span", {}, label), input);
}

/** What was done by hand. @param {import("../session.mjs").Session} session @param {(() => void)[]} live */
function recorded(session, live) {
  const box = h("section.edits", { hidden: true });
  let shown = "";
  live.push(() => {
    if (session.inputs.join("\n") === shown) return;
    shown = session.inputs.join("\n");
    box.hidden = !shown;
    redraw(box, [
      h("h3", {}, "Done by hand", h("button.link", { onclick: () => session.attempt(async () => (await import("../byhand.mjs")).write(session)), title: `Adds these lines to ${session.scenario}` }, "write into the scenario")),
      h("ul.inputs", {}, session.inputs.map((input) => {
        const { start_ns, label } = parsed(input);
        return h("li", {}, h("span", {}, h("button.link", { title: input, onclick: () => session.seek(start_ns) }, clock(start_ns, 1)), ` ${label}`), h("button.link", { "aria-label": `Undo ${label}`, onclick: () => session.undo(input) }, "undo"));
      })),
    ], () => box.querySelector("li:last-child > button") ?? byId("inspector"));
  });
  return box;
}
