// What a person without an install does first: open, choose the shop, run, kill the cache, read the cause, send the link. And the pictures of it.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openBrowser, reaches, rich, runs, screenshot, state } from "./browser.mjs";
import { exported } from "./site.mjs";

describe("a newcomer", () => {
  let browser, site;
  before(async () => {
    browser = await openBrowser();
    site = await exported();
  });
  after(() => Promise.all([browser?.close(), site?.close()]));

  test("breaks the shop, learns why, and sends it to a friend", async () => {
    const began = performance.now();
    const page = await browser.page({ address: site.address, permissions: ["clipboard-read", "clipboard-write"] });
    await page.locator("#open-gallery").click();
    await page.locator("#gallery input[type=search]").fill("shop");
    await page.locator("#gallery .card").first().click();
    await runs(page);
    await page.locator("#scenario").selectOption("steady");
    await page.waitForFunction(() => globalThis.sysdl.state.ready && globalThis.sysdl.state.scenario === "steady");
    await page.locator("#speed").selectOption({ label: "5×" });
    await reaches(page, 10);
    await page.locator('#picture [role=option][aria-label^="redis"]').first().click();
    await page.waitForFunction(() => globalThis.sysdl.state.selected?.name === "redis");
    await page.locator("#inspector .faults button", { hasText: /flush/i }).first().click();
    await page.waitForFunction(() => globalThis.sysdl.state.inputs.length === 1);
    const [{ now_ns: struck }] = [await state(page)];
    await reaches(page, struck / 1e9 + 4);
    assert.ok((await page.evaluate(() => globalThis.sysdl.live.system.error_rate)) > 0.05);
    await page.locator("#play").click();
    await page.waitForFunction(() => !globalThis.sysdl.state.playing);
    await page.locator("#tab-story").click();
    await page.waitForFunction(() => /redis/.test(document.querySelector("#panel-story .prose")?.textContent ?? ""), null);
    await page.waitForTimeout(700); // the report of where it stands
    const left = await state(page);
    await page.locator("#share summary").click();
    await page.locator("[data-act=link]").click();
    await page.waitForFunction(() => /copied/i.test(document.getElementById("notice").textContent));
    const link = await page.evaluate(() => navigator.clipboard.readText());
    assert.ok(link.startsWith(site.address) && link.includes("#"));
    assert.deepEqual(page.faults, []);

    const friend = await browser.page({ address: link });
    await friend.waitForFunction((at) => globalThis.sysdl.state.now_ns === at, left.now_ns);
    await friend.waitForFunction((digest) => globalThis.sysdl.state.report?.digest === digest, left.report.digest);
    assert.deepEqual((await state(friend)).inputs, left.inputs);
    assert.deepEqual(friend.faults, []);
    const took_s = (performance.now() - began) / 1000;
    console.log(`a newcomer's way took ${took_s.toFixed(1)} s`);
    assert.ok(took_s < 120, "60 s are asked for, on a machine that does nothing else");
    await Promise.all([page.context().close(), friend.context().close()]);
  });

  test("takes the tour, and sees what it speaks of", async () => {
    const page = await browser.page({ address: site.address });
    await rich(page);
    await page.locator("#tour").click();
    const covered = () => page.evaluate(() => {
      const [card, picture] = [document.querySelector(".tour"), document.getElementById("picture")].map((element) => element.getBoundingClientRect());
      return card.top < picture.bottom && card.bottom > picture.top && card.left < picture.right && card.right > picture.left;
    });
    for (let step = 1; step <= 8; step++) {
      await page.locator(".tour", { hasText: `${step} of 8` }).waitFor();
      if (step < 6) assert.equal(await covered(), false, `card ${step}`);
      const help = page.locator(".tour button", { hasText: "do it for me" });
      if (await help.count()) await help.click();
      await page.locator(".tour footer > button:last-child:enabled").click();
    }
    assert.equal(await page.locator(".tour").count(), 0);
    assert.deepEqual(page.faults, []);
    await page.context().close();
  });

  for (const look of ["light", "dark"]) {
    test(`pictures for people, ${look}`, async () => {
      const page = await browser.page({ address: site.address, look });
      await rich(page);
      await reaches(page, 4);
      await screenshot(page, look);
      await page.locator("#open-gallery").click();
      await page.locator("#gallery input[type=search]").fill("shop");
      await page.locator("#gallery .card").first().click();
      await runs(page);
      await page.locator("#scenario").selectOption("cache_stampede");
      await page.waitForFunction(() => globalThis.sysdl.state.ready && globalThis.sysdl.state.scenario === "cache_stampede");
      await page.locator("#tab-charts").click();
      await page.locator("#speed").selectOption({ label: "10×" });
      await reaches(page, 30.5);
      await page.locator("#speed").selectOption({ label: "1×" });
      await reaches(page, 36);
      await screenshot(page, `storm-${look}`);
      assert.deepEqual(page.faults, []);
      await page.context().close();
    });
  }
});
