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

  test("long numbers have room in the inspector, however narrow the window", async () => {
    const page = await browser.page({ address: site.address, viewport: { width: 820, height: 1180 } });
    await page.locator("#scenario:enabled").selectOption("cache_stampede");
    await page.waitForFunction(() => globalThis.sysdl.state.playing && globalThis.sysdl.state.scenario === "cache_stampede");
    await page.locator("#speed").selectOption({ label: "10×" });
    await reaches(page, 36);
    await stop(page);
    await page.locator("[data-node=catalog]").click();
    await page.waitForFunction(() => /\d\d,\d{3} of 20,000/.test(document.getElementById("inspector").textContent));
    const wide = await page.evaluate(() => {
      const inside = document.getElementById("inspector").getBoundingClientRect().right - 16;
      return [...document.querySelectorAll("#inspector dd")].filter((value) => value.getBoundingClientRect().right > inside + 0.5).map((value) => value.textContent);
    });
    assert.deepEqual(wide, []);
    const [notice, source] = await page.evaluate(() => ["#notice", "[data-node=shoppers]"].map((place) => document.querySelector(place).getBoundingClientRect().toJSON()));
    assert.ok(source.top >= notice.bottom, `what is said ends at ${notice.bottom}, the picture begins at ${source.top}`);
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

  test("the keyboard keeps its place when what it was at goes", async () => {
    const page = await browser.page({ address: site.address });
    await reaches(page, 1);
    const focused = () => page.evaluate(() => [document.activeElement.id, document.activeElement.ariaLabel, document.activeElement.labels?.[0]?.textContent].find(Boolean) ?? document.activeElement.tagName);
    await page.locator("#inspector label", { hasText: "peak" }).locator("input").fill("9krps");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => /9krps/.test(globalThis.sysdl.state.source) && globalThis.sysdl.state.now_ns > 0 && globalThis.sysdl.state.now_ns < 1e9);
    assert.equal(await focused(), "peak");
    await page.locator("[data-node=redis]").click();
    for (const count of [1, 2]) {
      await page.keyboard.press("k");
      await page.waitForFunction((count) => globalThis.sysdl.state.inputs.length === count, count);
    }
    await page.locator("#inspector .inputs button:text('undo')").first().focus();
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => globalThis.sysdl.state.inputs.length === 1 && document.querySelectorAll("#inspector .inputs li").length === 1);
    assert.match(await focused(), /^Undo crash on redis/);
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => globalThis.sysdl.state.inputs.length === 0 && !document.querySelector("#inspector .inputs:not([hidden] *)"));
    assert.equal(await focused(), "inspector");
    await page.locator("#inspector [aria-label=Close]").focus();
    await page.keyboard.press("Enter");
    assert.match(await focused(), /^redis/);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("on a small screen the inspector is where the text was, and covers nothing else", async () => {
    const page = await browser.page({ address: site.address, viewport: { width: 1024, height: 768 } });
    await reaches(page, 1);
    const box = (selector) => page.locator(selector).boundingBox();
    const before = await box("#picture");
    await page.locator("[data-node=catalog]").click();
    await page.waitForSelector("#inspector[data-selected]");
    const [inspector, picture, speed] = [await box("#inspector"), await box("#picture"), await box("#speed")];
    assert.deepEqual(picture, before);
    assert.ok(inspector.x + inspector.width <= picture.x + 1 && speed.x + speed.width <= 1024, JSON.stringify([inspector, picture, speed]));
    await screenshot(page, "small");
    assert.deepEqual(await broken(page), []);
    await page.locator("#inspector button:text('go to it')").click();
    await page.waitForFunction(() => document.getElementById("text").checkVisibility({ visibilityProperty: true }));
    assert.equal((await state(page)).selected, null);
    await page.locator("#toggle-text").click();
    await page.locator("[data-node=catalog]").click();
    await page.waitForTimeout(100);
    assert.ok((await box("#inspector")).x + 300 <= (await box("#picture")).x + 20, "beside the picture, though the text is closed");
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("on a phone what is tapped is there to be seen", async () => {
    const page = await browser.page({ address: site.address, viewport: { width: 390, height: 844 } });
    await reaches(page, 1);
    await page.locator("[data-node=catalog]").click();
    await page.waitForFunction(() => {
      const { top, bottom } = document.querySelector("#inspector .pairs").getBoundingClientRect();
      return top > 0 && bottom <= innerHeight;
    });
    await screenshot(page, "narrow-selected");
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  test("what was compared goes with the system that it was of", async () => {
    const page = await browser.page({ address: site.address });
    await reaches(page, 1);
    await stop(page);
    await page.locator("#tab-compare").click();
    await page.locator("#panel-compare button", { hasText: "Compare" }).click();
    await page.waitForSelector("#panel-compare tbody");
    assert.match(await page.locator("#panel-compare tr", { hasText: "expectations held" }).textContent(), /4 of 4/);
    assert.ok(await page.locator("#panel-compare p", { hasText: "before the last change" }).isHidden());
    await page.locator("#inspector label", { hasText: "peak" }).locator("input").fill("9krps");
    await page.keyboard.press("Enter");
    await page.locator("#panel-compare p", { hasText: "before the last change" }).waitFor();
    await page.locator("#tab-cost").click();
    const open = async (name) => {
      await page.locator("#open-gallery").click();
      await page.locator("#gallery input[type=search]").fill(name);
      await page.locator("#gallery .card").first().click();
      await page.waitForFunction((name) => globalThis.sysdl.state.ready && globalThis.sysdl.state.name === name && globalThis.sysdl.state.now_ns > 0, name);
    };
    await open("chat");
    await page.locator("#tab-compare").click();
    await page.waitForFunction(() => !document.querySelector("#panel-compare tbody"));
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });
});
