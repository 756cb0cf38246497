// @ts-check
// What is worth saying while it runs: to who looks, over the picture; to who listens, as it happens.
import { broken } from "./panels/transport.mjs";
import { byId } from "./panels/element.mjs";
import { clock } from "./panels/numbers.mjs";
import { lasting, told } from "./panels/told.mjs";

/** @param {import("./session.mjs").Session} session @param {any} page */
export function mountSaid(session, page) {
  const announce = announcer(byId("announce"));
  /** @type {string[]} */ let verdicts = [];
  /** @type {number | null} */ let known_broken = null;
  /** Serious records that were read out, or that others came after. */
  let heard = new Set();

  session.on("loaded", () => {
    verdicts = [];
    known_broken = null;
    heard = new Set();
  });

  session.on("report", () => {
    const now = session.loaded.expectations.map((e, i) => session.verdict(i));
    now.forEach((v, i) => {
      const { label, text } = session.loaded.expectations[i];
      if (v !== verdicts[i] && (v === "pass" || v === "fail")) announce(`${v === "pass" ? "Holds" : "Fails"}: ${label ?? text}`);
    });
    verdicts = now;
    const broke = broken(session.report);
    if ((broke === null) !== (known_broken === null)) page.notice(broke === null ? "" : `Errors above 1\u202f% at ${clock(broke, 1)}.`, { tone: "bad", act: ["Why?", () => (page.panels.show("story"), byId("tab-story").focus())], for_ms: 12_000 });
    known_broken = broke;
  });

  // Whether it heals is known when it is over, beside the same run without its faults.
  session.on("report", async () => {
    const { frame, loaded, claims } = session;
    if (!frame?.ended || claims || !loaded.expectations.some(({ twin }) => twin)) return;
    const asked = (session.claims = []);
    const story = await session.attempt(() => session.why());
    if (session.claims !== asked || !story?.expectations) return; // something was done meanwhile
    session.claims = story.expectations;
    session.emit("report");
  });

  session.on("tick", () => {
    const serious = lasting(session.records, session.now_ns).filter((r) => /effect_on|full|overloaded|breaker_open|elected/.test(r.kind));
    const news = serious.filter((r) => !heard.has(called(r)));
    heard = new Set(serious.map(called));
    if (news.length) announce(told(news[news.length - 1], session.meta));
  });

  session.on("inputs", (/** @type {any} */ input) => input && announce(`${input.label} at ${(input.start_ns / 1e9).toFixed(1)} seconds`));
}

/** The same after time has gone back, and it is told once more. @param {any} record */
const called = ({ at_ns, kind, entity, key }) => `${at_ns} ${kind} ${entity} ${key}`;

/** Reads lines out, one in two seconds at most; of those that come meanwhile the last. @param {HTMLElement} element */
function announcer(element) {
  let last = -Infinity;
  let waiting = "";
  let timer = 0;
  const speak = () => {
    timer = 0;
    last = performance.now();
    element.textContent = waiting;
  };
  return (text) => {
    waiting = text;
    timer ||= window.setTimeout(speak, Math.max(0, last + 2000 - performance.now()));
  };
}
