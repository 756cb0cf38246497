// Writing: colors, problems with their spans and fixes, documentation, completion, rename, format, numbers to drag. With the compiler of the page.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openBrowser, rich, spot, state, stop, write } from "./browser.mjs";
import { blueprint, exported } from "./site.mjs";

describe("the editor", () => {
  let browser, site, page;
  before(async () => {
    browser = await openBrowser();
    site = await exported();
    page = await browser.page({ address: site.address });
    await rich(page);
    await stop(page);
  });
  after(() => Promise.all([browser?.close(), site?.close()]));

  const source = async () => (await state(page)).source;
  const problems = (code) => page.waitForFunction((code) => globalThis.sysdl.state.diagnostics.find((found) => found.code === code), code).then((found) => found.jsonValue());
  const clean = () => page.waitForFunction(() => !globalThis.sysdl.state.stale && globalThis.sysdl.state.diagnostics.every(({ severity }) => severity !== "error"));
  const click = async (words, part, options) => {
    const { x, y } = await spot(page, words, part);
    await page.mouse.click(x, y, options);
  };

  test("colors words by where they stand", async () => {
    await write(page, blueprint("shop"));
    const styles = await page.evaluate(() => [...document.querySelectorAll(".cm-line span[class^=sx-]")].map((span) => `${span.className.slice(3)} ${span.textContent}`));
    for (const style of ["docComment /// Offered load at the daily peak.", "keyword system", "definition shop", "typeName gateway", "definition edge", "number 300", "unit us", "propertyName replicas"]) {
      assert.ok(styles.includes(style), `${style} of ${styles.slice(0, 40).join(" | ")}`);
    }
  });

  test("shows a mistake where it is, in UTF-16, with its help and its fix", async () => {
    await write(page, blueprint("shop").replace("external payments {", "external payments { // 😀 µ\n    nothing = 1").replace("call redis.put", "call reddis.put"));
    await page.waitForFunction(() => globalThis.sysdl.state.stale);
    const { diagnostics, source: text } = await state(page);
    const wrong = diagnostics.find(({ message, from, to }) => text.slice(from, to).includes("reddis") || message.includes("reddis"));
    assert.ok(wrong, JSON.stringify(diagnostics));
    assert.match(text.slice(wrong.from, wrong.to), /^reddis/);
    const other = diagnostics.find(({ from, to }) => text.slice(from, to).startsWith("nothing"));
    assert.ok(other, "the span behind an emoji");
    await page.waitForFunction(() => document.querySelector(".cm-lintRange-error"));
    assert.ok(await page.locator(".ed-problem", { hasText: "reddis" }).count());
    const fix = page.locator(".ed-problems .ed-fix").first();
    if (wrong.edit) {
      await fix.click();
      await page.waitForFunction(() => globalThis.sysdl.state.source.includes("call redis.put"));
    }
    await page.locator(".ed-problems .ed-code").first().click();
    await page.waitForFunction(() => document.querySelector(".ed-explained")?.textContent.length > 40);
    await write(page, blueprint("shop"));
    await clean();
  });

  test("runs a text in which a waiver has become idle, as the command line does", async () => {
    await write(page, blueprint("shop").replace("= 10krps", "= 4krps"));
    await problems("E0113");
    await page.locator("#play").click();
    await page.waitForFunction(() => globalThis.sysdl.state.now_ns > 2e9 && Math.abs(globalThis.sysdl.live.system.rps - 4000) < 400);
    await stop(page);
  });

  test("tells what a word means, where it is pointed at", async () => {
    const { x, y } = await spot(page, "concurrency");
    await page.mouse.move(x, y);
    await page.waitForSelector(".ed-hover");
    assert.match(await page.locator(".ed-hover").textContent(), /concurren/i);
    await page.mouse.move(700, 5);
  });

  test("completes with the compiler's words", async () => {
    await write(page, blueprint("shop"));
    await click("  gateway edge {", 1);
    await page.keyboard.press("End");
    await page.keyboard.press("Enter");
    await page.keyboard.type("conc", { delay: 40 });
    await page.waitForSelector(".cm-tooltip-autocomplete li");
    await page.waitForTimeout(150); // CodeMirror takes no choice in the first moments of a list
    await page.keyboard.press("Tab");
    await page.waitForFunction(() => /gateway edge \{\s+concurrency/.test(globalThis.sysdl.state.source));
  });

  test("renames everywhere, and follows to a definition", async () => {
    await write(page, blueprint("shop"));
    await clean();
    await click("redis.get", 0.2);
    await page.keyboard.press("F2");
    await page.locator(".ed-rename input").fill("valkey");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => globalThis.sysdl.state.source.includes("cache valkey"));
    assert.ok(!/\bredis\b/.test((await source()).replace(/\/\/.*/g, "")));
    await clean();
    await click("valkey.get", 0.2);
    await page.keyboard.press("F12");
    await page.waitForFunction(() => document.querySelector(".cm-activeLine")?.textContent.includes("cache valkey"));
    await page.keyboard.press("Control+z");
    await page.waitForFunction(() => globalThis.sysdl.state.source.includes("cache redis"));
  });

  test("formats as `sysdl fmt` does", async () => {
    await write(page, blueprint("shop").replace("  gateway edge {", "gateway   edge    {"));
    await clean();
    await page.keyboard.press("Shift+Alt+F");
    await page.waitForFunction((wanted) => globalThis.sysdl.state.source === wanted, blueprint("shop"));
  });

  test("a number that is dragged runs at once, and is one step for undo", async () => {
    await write(page, blueprint("shop"));
    await clean();
    const { x, y } = await spot(page, "10krps", 0.2);
    await page.mouse.move(x, y);
    const bar = await page.locator(".ed-scrub").boundingBox();
    await page.mouse.move(bar.x + 4, bar.y + 3);
    await page.mouse.down();
    const seen = new Set();
    for (let by = 0; by <= 20; by += 4) {
      await page.mouse.move(bar.x + 4 + by, bar.y + 3);
      seen.add(/rate = (\w+)/.exec(await source())[1]);
    }
    await page.mouse.up();
    assert.deepEqual([...seen], ["10krps", "11krps", "12krps", "13krps", "14krps", "15krps"]);
    await page.locator(".cm-content").focus();
    await page.keyboard.press("Control+z");
    await page.waitForFunction(() => globalThis.sysdl.state.source.includes("rate = 10krps"));
  });

  test("Tab leaves it", async () => {
    await page.locator(".cm-content").focus();
    await page.keyboard.press("Tab");
    assert.ok(!(await page.evaluate(() => document.activeElement.closest(".cm-content"))));
  });

  test("is a textarea until CodeMirror arrives, and gives over text, cursor and focus", async () => {
    let arrive;
    const held = new Promise((resolve) => (arrive = resolve));
    const other = await browser.page({ address: site.address, ready: false, before: (page) => page.route("**/vendor.mjs", async (route) => (await held, route.continue())) });
    await other.waitForFunction(() => globalThis.sysdl?.state.ready);
    await other.locator("textarea.ed-plain").focus();
    await other.keyboard.press("Control+Home");
    await other.keyboard.insertText("// typed before\n");
    await other.waitForFunction(() => globalThis.sysdl.state.source.startsWith("// typed before\n"));
    arrive();
    await rich(other);
    await other.keyboard.insertText("// and after\n");
    await other.waitForFunction(() => globalThis.sysdl.state.source.startsWith("// typed before\n// and after\n"));
    assert.deepEqual(other.faults, []);
    await other.context().close();
  });

  test("did all that without a fault", () => assert.deepEqual(page.faults, []));
});
