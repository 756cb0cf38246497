// The page as readers get it: each way to it, in each look. Nothing fails in the console, nothing is asked of a stranger, everyone can use it.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, describe, test } from "node:test";
import { LOOKS, openBrowser, reaches, rich, runs, screenshot, state, stop } from "./browser.mjs";
import { exported, ways } from "./site.mjs";

const AXE = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");

/** Rules of WCAG and good practice that are broken, with the first place. */
async function broken(page) {
  await page.evaluate(AXE);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  return violations.map(({ id, nodes }) => `${id}: ${nodes.length}, first ${nodes[0].target} ${nodes[0].failureSummary.split("\n")[1]?.trim()}`);
}

for (const [name, way] of Object.entries(ways)) {
  describe(`by ${name}`, () => {
    let browser, site;
    before(async () => {
      [browser, site] = [await openBrowser(), await way()];
    });
    after(() => Promise.all([browser?.close(), site?.close()]));

    for (const look of Object.keys(LOOKS)) {
      test(`runs, ${look}`, async () => {
        const page = await browser.page({ address: site.address, look });
        await reaches(page, 2);
        const first = await state(page);
        assert.ok(first.ready && first.playing && !first.stale);
        await page.waitForFunction(() => globalThis.sysdl.live.system.rps > 0);
        await rich(page);
        await stop(page);
        assert.ok((await page.locator("#picture [role=option]").count()) >= 6);
        assert.deepEqual(await broken(page), []);
        for (const tab of await page.locator("[role=tab]").all()) await tab.click();
        await page.waitForTimeout(500);
        assert.deepEqual(await broken(page), [], "all panels opened");
        assert.deepEqual(page.faults, []);
        await page.context().close();
      });
    }

    test("the policy holds: no inline code runs, nothing is sent away", async () => {
      const page = await browser.page({ address: site.address });
      const [ran, sent] = await page.evaluate(async () => {
        const button = document.body.appendChild(document.createElement("button"));
        button.setAttribute("onclick", "globalThis.ran = true");
        button.click();
        button.remove();
        const sent = await fetch("https://example.com/").then(() => true, () => false);
        return [Boolean(globalThis.ran), sent];
      });
      if (name !== "single") assert.equal(ran, false); // one file is all inline
      assert.equal(sent, false);
      assert.ok(page.faults.some((fault) => fault.includes("connect-src")), page.faults.join());
      await page.context().close();
    });
  });
}

describe("for everyone", () => {
  let browser, site;
  before(async () => {
    browser = await openBrowser();
    site = await exported();
  });
  after(() => Promise.all([browser?.close(), site?.close()]));

  test("controls are there at once, disabled, with a word on why", async () => {
    const page = await browser.page({ address: site.address, ready: false, before: (page) => page.route(/compiler\.wasm|first\.bin/, () => {}) });
    await page.waitForSelector("#play:disabled");
    assert.match(await page.locator("#notice").textContent(), /preparing/i);
    assert.ok(await page.locator("textarea.ed-plain").isVisible());
    await page.context().close();
  });

  test("a phone shows picture and time, without a scroll to the side", async () => {
    const page = await browser.page({ address: site.address, viewport: { width: 390, height: 844 } });
    await reaches(page, 2);
    const { scroll, width } = await page.evaluate(() => ({ scroll: document.documentElement.scrollWidth, width: innerWidth }));
    assert.ok(scroll <= width, `${scroll} pixels in ${width}`);
    assert.ok(await page.locator("#picture").isVisible());
    assert.ok(await page.locator("#play").isVisible());
    assert.deepEqual(await broken(page), []);
    await screenshot(page, "narrow");
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("the table has the numbers of the picture", async () => {
    const page = await browser.page({ address: site.address });
    await reaches(page, 3);
    await page.keyboard.press(" ");
    await page.locator("#tab-numbers").click();
    const rows = await page.locator("#panel-numbers tbody tr th").allTextContents();
    const names = await page.evaluate(() => [...document.querySelectorAll("#picture [role=option]")].map((option) => option.getAttribute("aria-label")));
    for (const row of rows) assert.ok(names.some((label) => label.includes(row.split(" ")[0])), `${row} of ${names.join()}`);
    await page.context().close();
  });

  test("everything by keyboard: open, run, select, kill, find out why, go back", async () => {
    const page = await browser.page({ address: site.address });
    await page.keyboard.press("o");
    await page.waitForSelector("#gallery[open]");
    await page.keyboard.type("shop");
    await page.keyboard.press("Tab");
    for (let tries = 0; tries < 4 && !(await page.evaluate(() => document.activeElement.matches(".card"))); tries += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForSelector("#gallery:not([open])", { state: "attached" });
    await runs(page);
    await reaches(page, 1);
    await page.keyboard.press("g");
    const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label") ?? "");
    for (let tries = 0; tries < 30 && !/^redis/.test(await focused()); tries += 1) await page.keyboard.press(tries % 6 === 5 ? "ArrowDown" : "ArrowRight");
    assert.match(await focused(), /^redis/);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => globalThis.sysdl.state.selected?.name === "redis");
    await page.keyboard.press("k");
    await page.waitForFunction(() => globalThis.sysdl.state.inputs.length === 1);
    const { now_ns } = await state(page);
    await page.waitForFunction((then) => globalThis.sysdl.state.now_ns > then + 5e8, now_ns);
    // In the picture, Space and digits are the picture's own.
    for (let tries = 0; tries < 60 && !(await page.evaluate(() => document.activeElement.id === "play")); tries += 1) await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => !globalThis.sysdl.state.playing);
    await page.keyboard.press("0");
    await page.waitForFunction(() => globalThis.sysdl.state.now_ns === 0);
    await page.keyboard.press("?");
    await page.waitForSelector("#keys[open]");
    assert.match(await page.locator("#keys").textContent(), /Esc, then Tab/);
    await page.keyboard.press("Escape");
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
});
