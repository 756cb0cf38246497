// @ts-check
// Links, copies and files: everything that leaves the page, and nothing does unasked.
import { compiler } from "./engine.mjs";
import { byId } from "./panels/element.mjs";
import { clock, count, percent, time } from "./panels/numbers.mjs";

/** A link longer than this is cut by some chats. */
const LONG = 2000;
const LOCAL = /^(file:|https?:\/\/(localhost|127\.|\[::1))/;

/** @param {import("./session.mjs").Session} session @param {any} page */
export function mountActions(session, page) {
  let timer = 0;
  let fragment = "";

  /** The fragment of what is shown: the time only where it stands still. */
  async function link() {
    const { source, scenario, seed, inputs } = session;
    const made = await session.attempt(() => compiler.call("link", { source, scenario, seed, inputs, at_ns: session.playing ? 0 : session.now_ns, view: session.selected?.name ?? null }));
    if (!made) return;
    fragment = made.fragment ?? "";
    const words = made.error ? `No link: ${made.error} Export the text instead.` : fragment.length > LONG ? `${count(fragment.length)} characters: some chats cut links this long` : `${count(fragment.length)} characters, and no server`;
    byId("size").textContent = words;
    if (fragment) history.replaceState(null, "", `${location.pathname}${location.search}${fragment.startsWith("#") ? "" : "#"}${fragment}`);
    return fragment;
  }
  const soon = () => {
    clearTimeout(timer);
    timer = window.setTimeout(link, 500);
  };
  for (const event of ["loaded", "playing", "inputs", "select", "sought"]) session.on(event, soon);

  /** @param {() => string} of @param {string} words */
  async function copyLinked(of, words) {
    if (!(await link())) return page.say("This text is too long for a link. Export it instead.");
    await copy(of(), LOCAL.test(location.href) ? `${words} Its address leads to this machine: export the page to show it to others.` : words);
  }
  const copyLink = () => copyLinked(() => location.href, "The link is copied. It holds the text and what you did; nothing was sent to a server.");
  const copyFrame = () => copyLinked(() => frame(session.meta.system), "Copied as an iframe: the picture alone, for a page of yours.");

  /** @param {string} text @param {string} words */
  async function copy(text, words) {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = Object.assign(document.createElement("textarea"), { value: text });
      document.body.append(area);
      area.select();
      const done = document.execCommand("copy");
      area.remove();
      if (!done) return page.say("The browser does not let this page copy.");
    }
    page.say(words);
  }

  async function copyMarkdown() {
    await link();
    const report = await session.attempt(() => session.run.report());
    if (report) await copy(markdown(session, report, location.href), "Copied as Markdown.");
  }

  const name = () => `${session.name}-${session.scenario ?? "run"}`;
  /** @type {Record<string, () => unknown>} */
  const acts = {
    link: copyLink,
    markdown: copyMarkdown,
    iframe: copyFrame,
    png: async () => save(await page.picture.png(), `${name()}.png`),
    svg: async () => save(await page.picture.svg(), `${name()}.svg`, "image/svg+xml"),
    webm: () => film(),
    module: async () => save(await session.run.module(), `${name()}.wasm`, "application/wasm"),
    text: () => save(session.source, `${session.name}.sysdl`, "text/plain"),
  };
  for (const button of byId("share").querySelectorAll("[data-act]"))
    button.onclick = () => {
      byId("share").open = false;
      session.attempt(async () => acts[button.dataset.act]());
    };
  addEventListener("click", (event) => !byId("share").contains(event.target) && (byId("share").open = false));
  byId("share").addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    e.stopPropagation();
    byId("share").open = false;
    byId("share").querySelector("summary").focus();
  });

  async function film() {
    page.say("Ten seconds are being filmed.");
    if (!session.playing) session.play();
    const stop = page.picture.record();
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    save(await stop(), `${name()}.webm`);
    page.say("The film is saved.");
  }
  return { copyLink };
}

/** @param {Blob | BufferSource | string} what @param {string} name @param {string} [type] */
function save(what, name, type) {
  const url = URL.createObjectURL(what instanceof Blob ? what : new Blob([what], { type }));
  const anchor = Object.assign(document.createElement("a"), { href: url, download: name });
  anchor.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}

/** The picture alone, as a part of another page. @param {string} title */
function frame(title) {
  const there = new URL(location.href);
  there.search = "?embed";
  const [src, name] = [there.href, title].map((text) => text.replace(/[&"<]/g, (sign) => `&#${sign.charCodeAt(0)};`));
  return `<iframe src="${src}" title="${name}" width="800" height="480" style="border:0"></iframe>`;
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
    ...report.expectations.map(mark), ...session.inputs.map((i) => `- by hand: \`${i}\``), "", ...(session.story?.summary ?? []), "",
    `[Open this run](${href})`, "", `${fence}sysdl`, session.source.trimEnd(), fence, "",
  ].join("\n");
}
