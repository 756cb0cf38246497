// @ts-check
// Links, and the menu of everything that leaves the page; nothing does unasked.
import { byId } from "./panels/element.mjs";
import { count } from "./panels/numbers.mjs";

/** A link longer than this is cut by some chats. */
const LONG = 2000;
const LOCAL = /^(file:|https?:\/\/(localhost|127\.|\[::1))/;

/** @param {import("./session.mjs").Session} session @param {any} page */
export function mountActions(session, page) {
  let timer = 0;
  let fragment = "";
  /** One link after the other, so that the newest is the one that stays. */
  let made = Promise.resolve(/** @type {string | undefined} */ (""));
  const link = () => (made = made.then(newest));

  /** The fragment of what is shown: the time only where it stands still. */
  async function newest() {
    const { source, scenario, seed, inputs } = session;
    const done = await session.attempt(async () => (await import("./links.mjs")).linkTo({ source, scenario, seed, inputs, at_ns: session.playing ? 0 : session.now_ns, view: session.selected?.name ?? null }));
    if (!done) return;
    fragment = done.fragment ?? "";
    const words = done.error ? `No link: ${done.error} Export the text instead.` : fragment.length > LONG ? `${count(fragment.length)} characters: some chats cut links this long` : `${count(fragment.length)} characters, and no server`;
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

  /** What is made for whoever has no link; fetched when it is asked for. */
  const kept = async (/** @type {string} */ act) => (await import("./exports.mjs")).kept[act]({ session, page, link, copy });

  for (const button of byId("share").querySelectorAll("[data-act]"))
    button.onclick = () => {
      byId("share").open = false;
      const { act } = button.dataset;
      session.attempt(async () => (act === "link" ? copyLink() : act === "iframe" ? copyFrame() : kept(act)));
    };
  addEventListener("click", (event) => !byId("share").contains(event.target) && (byId("share").open = false));
  byId("share").addEventListener("keydown", (e) => {
    if (e.key !== "Escape") return;
    e.stopPropagation();
    byId("share").open = false;
    byId("share").querySelector("summary").focus();
  });
  return { copyLink };
}

/** The picture alone, as a part of another page. @param {string} title */
function frame(title) {
  const there = new URL(location.href);
  there.search = "?embed";
  const [src, name] = [there.href, title].map((text) => text.replace(/[&"<]/g, (sign) => `&#${sign.charCodeAt(0)};`));
  return `<iframe src="${src}" title="${name}" width="800" height="480" style="border:0"></iframe>`;
}
