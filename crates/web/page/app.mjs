// @ts-check
// The page: puts its parts beside each other, opens what is asked for, and drives all with one loop.
import { asset } from "./assets.mjs";
import { mountEditor } from "./editor.mjs";
import { compiler, prepared } from "./engine.mjs";
import { blueprints } from "./blueprints.mjs";
import { byId, h, say } from "./panels/element.mjs";
import { count, percent, rate, reason, time } from "./panels/numbers.mjs";
import { mountTransport } from "./panels/transport.mjs";
import { mountPicture } from "./picture/picture.mjs";
import { preferences } from "./preferences.mjs";
import { Session } from "./session.mjs";

const TICK_MS = 125;

const root = document.documentElement;
if (new URLSearchParams(location.search).has("embed")) root.dataset.embed = "";
const kept = preferences();
const session = new Session();
/** What parts ask of the page. @type {any} */
const page = {
  notice: (words, has) => notice(words, has),
  say: (words) => notice(words, { for_ms: 5000 }),
  kept,
  reveal(from, to) {
    showText(true);
    page.editor.reveal(from, to);
  },
  /** Edits the text as if it had been typed. @param {string} text */
  edit(text) {
    page.editor.setSource(text, { keepHistory: true });
    session.edit(text);
  },
};

// What is said over the picture.

let [hiding, slow] = [0, 0];
/** @param {string} words @param {{for_ms?: number, tone?: string, act?: [string, () => unknown]}} [has] */
function notice(words, { for_ms = 0, tone = "", act } = {}) {
  clearTimeout(hiding);
  const box = byId("notice");
  box.className = tone;
  box.replaceChildren(...(words ? [h("span", {}, words), act ? h("button.link", { onclick: () => (notice(""), byId("picture").focus(), act[1]()) }, act[0]) : ""] : []));
  if (for_ms) hiding = window.setTimeout(() => box.replaceChildren(), for_ms);
}

// Theme, motion, text.

function theme(next = kept.get("theme")) {
  if (next) root.dataset.theme = next;
  else delete root.dataset.theme;
  page.picture?.theme();
  page.charts?.theme();
}

const MOTIONS = ["full", "slow", "off"];
function motion(next = kept.get("motion") ?? "full") {
  kept.set("motion", next);
  page.picture?.motion(next);
  const button = byId("motion");
  button.ariaLabel = button.title = `Motion: ${next} (m)`;
  button.style.opacity = next === "full" ? "" : next === "slow" ? ".7" : ".45";
}

function showText(open) {
  document.querySelector("main")?.setAttribute("data-text", open ? "open" : "closed");
  byId("toggle-text").setAttribute("aria-expanded", String(open));
  kept.set("text", open);
  if (open && !textShown()) session.select(null); // on a small screen the inspector is in its place
}
const textShown = () => byId("text").checkVisibility({ visibilityProperty: true });

const dark = () => (root.dataset.theme ?? (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
const acts = {
  theme: () => (kept.set("theme", dark() ? "light" : "dark"), theme()),
  motion: () => motion(MOTIONS[(MOTIONS.indexOf(kept.get("motion") ?? "full") + 1) % MOTIONS.length]),
  text: () => showText(!textShown()),
  write: () => (textShown() ? showText(false) : (showText(true), page.editor.focus())),
};
page.acts = acts;

// The header, and the numbers over the picture.

const [scenario, seed] = [byId("scenario"), byId("seed")];
function header() {
  const title = session.meta?.system ?? session.name;
  say(byId("title"), page_title());
  say(byId("file"), `${session.name}.sysdl`);
  document.title = `${title}: ${session.scenario ?? ""} · sysdl`;
  scenario.replaceChildren(...session.scenarios.map((s) => h("option", { value: s.name, title: s.title ?? "" }, s.name)));
  scenario.value = session.scenario ?? "";
  seed.value = session.seed ?? "";
}
const page_title = () => (/system\s+\w+\s+"([^"]+)"/.exec(session.source)?.[1] ?? session.meta?.system ?? session.name).split(": ")[0];

scenario.onchange = () => {
  if (session.stale) return header(); // the text has errors: nothing else runs before they are mended
  session.scenario = scenario.value;
  session.seed = undefined;
  session.inputs = [];
  session.restart();
};
seed.onchange = () => {
  if (session.stale || !/^\d{1,20}$/.test(seed.value)) return (seed.value = session.seed ?? "");
  session.seed = seed.value;
  session.restart();
};

function vitals() {
  const now = session.live.system;
  const vital = (name, words) => say(byId(`v-${name}`), words);
  vital("goodput", rate(now.goodput_rps));
  vital("errors", percent(now.error_rate));
  byId("v-errors").className = now.error_rate > 0.01 ? "bad" : "";
  for (const p of ["p50", "p95", "p99"]) vital(p, time(now[`${p}_s`] || null));
  vital("flight", count(now.in_flight));
  byId("vitals").title = `All requests, over the last ${session.live.span}`;
}

function problems() {
  const [errors, all] = [session.errors.length, session.diagnostics.length];
  const chip = byId("count");
  const words = (n, one) => `${n} ${one}${n === 1 ? "" : "s"}`;
  chip.hidden = !all;
  chip.className = `chip ${errors ? "bad" : "warn"}`;
  say(chip, errors ? `✕ ${words(errors, "error")}` : `▲ ${words(all, "warning")}`);
  chip.onclick = () => page.reveal(session.diagnostics[0].from, session.diagnostics[0].to);
  page.editor?.showDiagnostics(session.diagnostics);
  if (session.stale && session.loaded) notice(`The text has ${words(errors, "error")}. What you see is the last text that ran.`, { act: ["Show", () => chip.onclick()] });
  else if (!session.stale) notice("");
}

// Wiring.

session.on("source", (source) => page.editor?.setSource(source, { keepHistory: !!session.loaded }));
session.on("loading", () => (clearTimeout(slow), (slow = window.setTimeout(() => notice("Compiling…"), 300))));
session.on("diagnostics", problems);
session.on("loaded", () => {
  header();
  if (!session.stale) notice("");
  page.picture.setScene(session.loaded.scene, session.meta);
  root.dataset.state = "ready";
});
session.on("select", () => {
  const { selected } = session;
  page.picture.select(selected && (selected.kind === "edge" ? { edge: selected.id } : { node: selected.id }));
});
session.on("tick", vitals);
for (const over of ["loaded", "stale", "failure"]) session.on(over, () => clearTimeout(slow));
session.on("stale", () => session.loaded || notice("This text does not compile yet. The list below it says why.", { tone: "bad" }));
session.on("failure", (words) => notice(words, { tone: "bad", act: ["Dismiss", () => {}] }));

page.picture = mountPicture(byId("picture"), {
  onSelect(/** @type {any} */ to) {
    if (!to) return session.select(null);
    session.selectName(to.edge !== undefined ? session.meta.edges[to.edge].name : (session.meta.components[to.node]?.name ?? session.loaded.scene.nodes[to.node].name));
  },
  onPin(node, x, y) {
    const { name } = session.loaded.scene.nodes[node];
    const others = session.pins(session.meta.system).filter(([other]) => other !== name);
    kept.set("pins", { ...kept.get("pins"), [session.meta.system]: x === null ? others : [...others, [name, x, y]] });
  },
});
session.pins = (system) => kept.get("pins")?.[system] ?? [];
page.faster = mountTransport(session).faster;

/** What is around the picture is fetched once it runs, or once it is clear that it will not soon. Workers get the compiler then; CodeMirror comes last. */
let surround = () => {};
const around = new Promise((resolve) => (surround = () => resolve(undefined))).then(() => {
  compiler.want();
  return session.attempt(async () => {
    const { mountAround } = await import("./around.mjs");
    page.panels = mountAround(session, page);
    page.panels.show(kept.get("panel") ?? "expectations");
    if (session.loaded) session.emit("loaded");
    page.editor.showDiagnostics(session.diagnostics);
  });
});
session.on("frame", () => session.now_ns && surround());
page.editor = mountEditor(byId("editor"), { source: "", onChange: (text) => session.edit(text), onRename: (from, to) => session.renamed(from, to), compiler, after: around });

byId("whole").onclick = () => (byId("whole").href = location.href.replace(/[?&]embed[^&#]*/, ""));
byId("theme").onclick = acts.theme;
byId("motion").onclick = acts.motion;
byId("toggle-text").onclick = acts.text;
theme();
motion();
showText(kept.get("text") ?? true);

/** One frame: the newest state, the picture, and eight times a second everything that is text. */
let [busy, drawn, ticked] = [false, 0, 0];
async function frame(at) {
  requestAnimationFrame(frame);
  if (busy || !session.loaded) return;
  busy = true;
  try {
    if (!(await session.advance())) return;
    page.picture.draw(session.live, session.frame, at - drawn);
    drawn = at;
    session.emit("frame");
    if (at - ticked < TICK_MS) return;
    ticked = at;
    session.emit("tick");
    session.poll();
  } catch (error) {
    session.loaded = null;
    notice(`The run stopped: ${reason(error)}`, { tone: "bad", act: ["Run again", () => session.restart()] });
  } finally {
    busy = false;
  }
}
requestAnimationFrame(frame);

// What to begin with: a link, then what the page was made for, then the first blueprint.

/** @param {any} b @param {string} [wanted] */
const openBlueprint = (b, wanted) => session.open({ source: b.source, name: b.name, scenario: wanted });

/** What is wrong with the link. @type {string | undefined} */ let damaged;
/** @param {string} fragment */
async function openLink(fragment) {
  const shared = await session.attempt(async () => (await import("./links.mjs")).opened(fragment));
  damaged = shared ? shared.error : "it is damaged";
  if (damaged) return refuse(), false;
  const ran = await session.open({ ...shared, play: !shared.at_ns, guarded: true });
  if (ran === false) notice(`${session.meta.components.length} components came with this link.`, { act: ["Run them", () => session.play()] });
  if (shared.view) session.selectName(shared.view);
  return true;
}

const refuse = () => damaged && notice(`This link cannot be opened: ${damaged}`, { tone: "bad" });

/** What opens a part that is fetched when it is first asked for. @param {() => Promise<() => unknown>} fetched */
function once(fetched) {
  /** @type {Promise<() => unknown> | undefined} */ let part;
  return () => session.attempt(async () => (await (part ??= fetched()))());
}

/** The file that `sysdl serve FILE` was started with, if it was. */
async function given() {
  const there = document.querySelector('[data-asset="given.json"]');
  return there && (await asset("given.json")).json();
}

async function begin() {
  const linked = location.hash.length > 2;
  const wanted = new URLSearchParams(location.search).get("blueprint");
  const [file, listed] = [given(), blueprints()];
  const first = linked || wanted ? null : await prepared();
  if (first) await session.begin(first);
  setTimeout(surround, first ? 200 : 0); // a page in the background draws no frame
  enable("#transport");
  if (!first) await compiler.ready;
  const all = await listed;
  const gallery = once(async () => (await import("./gallery.mjs")).mountGallery(all, openBlueprint));
  const shop = all.find((b) => b.name === "shop");
  const tour = once(async () => (await around, await import("./tour.mjs")).mountTour(session, { begin: () => openBlueprint(shop, "steady"), show: page.panels.show, shown: page.panels.shown }));
  byId("open-gallery").onclick = gallery;
  byId("tour").onclick = tour;
  enable("header");
  byId("tour").disabled = !shop;
  addEventListener("hashchange", () => openLink(location.hash));
  const here = await file;
  const opened = linked && (await openLink(location.hash));
  if (here?.watched) session.attempt(async () => (await import("./watched.mjs")).follow(here.source, session, page));
  if (opened) return;
  if (first) return (await session.check()) && header();
  const chosen = all.find((b) => b.name === wanted) ?? here ?? shop ?? all[0];
  if (chosen) await openBlueprint(chosen).then(refuse);
  else await session.open({ source: "sysdl 1\n" }); // what is missing is said
}

/** @param {string} where */
function enable(where) {
  for (const control of document.querySelectorAll(`${where} :disabled`)) control.removeAttribute("disabled");
}
begin().catch((error) => notice(`The engine did not start: ${reason(error)}`, { tone: "bad" }));

/** What tests read. Nothing here changes anything. */
Object.defineProperty(globalThis, "sysdl", {
  value: Object.freeze({
    get state() {
      const { source, name, scenario, seed, inputs, playing, speed, stale, diagnostics, selected, now_ns, report, records } = session;
      return { source, name, scenario, seed, inputs: [...inputs], playing, speed, stale, diagnostics, selected, now_ns, report, records, ready: !!session.loaded && !!page.panels, panel: page.panels?.shown() };
    },
    get live() {
      return session.live;
    },
    get frame() {
      return session.frame;
    },
    get stats() {
      return page.picture.stats;
    },
  }),
});
