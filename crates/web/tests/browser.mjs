// A real Chromium, pages in it that note everything that should not happen, and what a reader does there.
import { existsSync, mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium } from "playwright-core";
import { ROOT } from "./site.mjs";

const EXECUTABLE = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(existsSync);
const QUIET = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage"];

export const LOOKS = {
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  still: { colorScheme: "light", reducedMotion: "reduce" },
};

export async function openBrowser() {
  const browser = await chromium.launch({ executablePath: EXECUTABLE, args: QUIET });
  return { browser, close: () => browser.close(), page: (options) => openPage(browser, options) };
}

/** A page of its own; `faults` gathers errors of the console, and requests to where the page does not come from. */
async function openPage(browser, { look = "light", viewport = { width: 1440, height: 900 }, address, ready = true, permissions = [], context: shared, before } = {}) {
  const context = shared ?? (await browser.newContext({ viewport, ...LOOKS[look], permissions }));
  const page = await context.newPage();
  page.setDefaultTimeout(90_000);
  page.faults = [];
  const home = address && new URL(address);
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && page.faults.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => page.faults.push(`error: ${error.message} ${error.stack}`));
  page.on("request", (request) => {
    const url = new URL(request.url());
    const own = ["data:", "blob:"].includes(url.protocol) || (home && url.protocol === home.protocol && url.host === home.host);
    if (!own) page.faults.push(`request: ${request.url().slice(0, 200)}`);
  });
  await page.addInitScript(() => addEventListener("securitypolicyviolation", (event) => console.error(`policy: ${event.violatedDirective} ${event.blockedURI}`)));
  await before?.(page);
  if (address) await page.goto(address);
  if (address && ready) await runs(page);
  return page;
}

/** Waits until a run is loaded. */
export const runs = (page) => page.waitForFunction(() => globalThis.sysdl?.state.ready);

/** Waits until CodeMirror is there. */
export const rich = (page) => page.waitForSelector("[data-rich] .cm-content");

export const state = (page) => page.evaluate(() => globalThis.sysdl.state);

/** Stops the run, so that it takes no time from what is tested. */
export async function stop(page) {
  await page.waitForFunction(() => globalThis.sysdl.state.playing);
  await page.locator("#play").click();
  await page.waitForFunction(() => !globalThis.sysdl.state.playing);
}

/** Waits until the simulated clock has reached a second. */
export const reaches = (page, second) => page.waitForFunction((second) => globalThis.sysdl.state.now_ns >= second * 1e9, second);

/** Runs a function in the page with the exports of one of its modules, wherever that lies. */
export async function inside(page, module, act, argument) {
  const found = await page.evaluateHandle((module) => {
    const entry = document.querySelector("script[type=module][src]")?.src;
    return import(entry ? new URL(module, entry).href : `#page/${module}`);
  }, module);
  return found.evaluate(act, argument);
}

/** A picture for people to look at, in target/screenshots. */
export async function screenshot(page, name) {
  const folder = join(ROOT, "target/screenshots");
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}

export const median = (numbers) => numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
export const quantile = (numbers, share) => numbers.toSorted((a, b) => a - b)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))];

/** Where some words of the editor's text are on the screen: of what is scrolled into view, the first. */
export const spot = (page, words, part = 0.5) => page.evaluate(
  ([words, part]) => {
    for (const line of document.querySelectorAll(".cm-line")) {
      const at = line.textContent.indexOf(words);
      if (at < 0) continue;
      const walker = document.createTreeWalker(line, NodeFilter.SHOW_TEXT);
      const place = (offset) => {
        for (walker.currentNode = line; walker.nextNode(); offset -= walker.currentNode.data.length) if (offset <= walker.currentNode.data.length) return [walker.currentNode, offset];
      };
      const range = document.createRange();
      range.setStart(...place(at));
      range.setEnd(...place(at + words.length));
      const { x, y, width, height } = range.getBoundingClientRect();
      return { x: x + width * part, y: y + height / 2 };
    }
    throw new Error(`${words} is not on the screen`);
  },
  [words, part],
);

/** Replaces the whole text, as pasting does. */
export async function write(page, text) {
  await page.locator(".cm-content").focus();
  await page.keyboard.press("Control+a");
  await page.keyboard.insertText(text);
  await page.keyboard.press("Control+Home");
  await page.waitForFunction((text) => globalThis.sysdl.state.source === text, text);
}
