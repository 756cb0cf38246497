// What the page calls things: faults, breakers, ways to balance, what is to come, what was measured.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openBrowser, reaches, rich, screenshot, state, stop, write } from "./browser.mjs";
import { exported } from "./site.mjs";

const LONG = "customer_notification_preferences_service";
const SOURCE = `sysdl 1

system post "Post" {
  service web {
    concurrency = 64
    endpoint get {
      work exp(1ms)
      call letters.get
      call ${LONG}.get
    }
  }
  service letters {
    replicas = 3, concurrency = 16
    endpoint get { work exp(2ms) }
  }
  service ${LONG} {
    concurrency = 16
    endpoint get { work exp(2ms) }
  }
  web -> letters { timeout = 50ms, breaker { trip = 50%, window = 20, open_for = 3s }, balance = power_of(2) }
  web -> ${LONG} { timeout = 50ms }
  traffic people -> web { open = constant(5rps) }
}

scenario broken of post {
  duration = 60s, warmup = 10s
  at 20s inject hang on letters for 20s as hung
}
`;

describe("words", () => {
  let browser, site, page;
  before(async () => {
    [browser, site] = [await openBrowser(), await exported()];
    page = await browser.page({ address: site.address });
    await rich(page);
    await write(page, SOURCE);
    await page.waitForFunction(() => globalThis.sysdl.live?.meta.system === "post");
    await stop(page);
  });
  after(() => Promise.all([browser?.close(), site?.close()]));
  const label = (part) => page.locator(part).getAttribute("aria-label");
  const seek = async (s) => {
    await page.evaluate((s) => {
      const range = document.querySelector("#timeline input");
      range.value = String((1000 * s) / 60);
      for (const event of ["input", "change"]) range.dispatchEvent(new Event(event));
    }, s);
    await page.waitForFunction((s) => Math.abs(globalThis.sysdl.state.now_ns - s * 1e9) < 1e8, s);
  };

  test("another system than the one that was opened has a file of its own", async () => {
    assert.equal(await page.locator("#file").textContent(), "post.sysdl");
  });

  test("the story says what is to come, and when", async () => {
    await seek(2);
    await page.locator("#tab-story").click();
    await page.locator("#panel-story", { hasText: "hang letters is to come, at 20.0" }).waitFor();
    await seek(30);
    await page.locator("#panel-story", { hasText: "First cause: hang letters" }).waitFor();
    assert.doesNotMatch(await page.locator("#panel-story").textContent(), /to come/);
  });

  test("in the warm-up the story says when more of it is told", async () => {
    await seek(2);
    await page.locator("[data-node=web]").click();
    await page.keyboard.press("k");
    await page.waitForFunction(() => globalThis.sysdl.state.inputs.length === 1 && globalThis.sysdl.state.now_ns > 2e9); // it has begun
    // A story takes its time: it is of the first of these instants, and when it is there another of the last is asked for.
    await page.evaluate(() => {
      const post = Worker.prototype.postMessage;
      Worker.prototype.postMessage = function (message, ...more) {
        setTimeout(() => post.call(this, message, ...more), message.op === "why" ? 1500 : 0);
      };
      globalThis.hurry = () => (Worker.prototype.postMessage = post);
    });
    for (const s of [5, 6, 7]) {
      await seek(s);
      await page.waitForTimeout(100);
    }
    await page.locator("#panel-story", { hasText: "Told at 7.0" }).waitFor();
    await page.evaluate(() => globalThis.hurry());
    await page.locator("#panel-story", { hasText: "What follows from it is told once the warm-up is over, at 10.0 s." }).waitFor();
    await page.locator("#inspector .inputs button", { hasText: "undo" }).click();
    await page.keyboard.press("Escape");
  });

  test("a breaker is closed, open, half open, and closed again, in words", async () => {
    const edge = '[data-edge="web->letters"]';
    for (const [s, is] of [[5, "closed"], [27, "open"], [35, "half open"], [55, "closed"]]) {
      await seek(s);
      if (is === "half open") {
        // The first attempt after its time of being open is the one that is tried.
        const opened_ns = await page.evaluate(() => globalThis.sysdl.state.records.findLast((r) => r.kind === "breaker_open").at_ns);
        await seek(opened_ns / 1e9 + 3.02);
      }
      await page.waitForFunction(([edge, is]) => document.querySelector(edge).ariaLabel.includes(`breaker ${is}`), [edge, is]);
      await screenshot(page, `breaker-${is.replace(" ", "-")}`);
    }
    assert.doesNotMatch(await label(`[data-edge="web->${LONG}"]`), /breaker/);
  });

  test("an arrow says how it chooses among replicas, if there are several", async () => {
    const words = "to the one of 2 random replicas with the least to do";
    assert.ok((await label('[data-edge="web->letters"]')).includes(words));
    assert.doesNotMatch(await label(`[data-edge="web->${LONG}"]`), /replica/);
    await page.locator('[data-edge="web->letters"]').hover();
    assert.equal(await page.locator("#picture").getAttribute("title"), `web → letters, ${words}`);
    await page.locator('[data-edge="web->letters"]').click();
    await page.locator("#inspector", { hasText: `Calls go ${words}.` }).waitFor();
    await page.keyboard.press("Escape");
  });

  test("the whole of a long name is under the pointer, and in the inspector", async () => {
    await page.locator(`[data-node=${LONG}]`).hover();
    assert.equal(await page.locator("#picture").getAttribute("title"), `${LONG}, service`);
    await page.locator(`[data-node=${LONG}]`).click();
    const name = page.locator("#inspector h2 .name");
    assert.equal(await name.textContent(), LONG);
    assert.ok(await name.evaluate((name) => name.scrollWidth <= name.clientWidth + 1 || getComputedStyle(name).overflow === "visible"));
    await page.mouse.move(5, 5);
    assert.equal(await page.locator("#picture").getAttribute("title"), "");
  });

  test("faults are called what they are known as", async () => {
    const names = async (part) => {
      await page.locator(part).click();
      await page.locator("#inspector .faults button.link").click();
      return page.locator("#inspector .faults li button").allTextContents();
    };
    const component = await names("[data-node=letters]");
    for (const name of ["CPU spike", "GC pause", "Crash loop"]) assert.ok(component.includes(name), `${name} of ${component}`);
    const edge = await names('[data-edge="web->letters"]');
    for (const name of ["DNS failure", "Packet loss"]) assert.ok(edge.includes(name), `${name} of ${edge}`);
  });

  test("what is over is not struck anew when something else is", async () => {
    await page.keyboard.press("Escape");
    await seek(50);
    await page.locator("[data-node=web]").click();
    await page.keyboard.press("k");
    await page.waitForFunction(() => /crash/.test(document.querySelector("[data-node=web]").ariaLabel));
    assert.doesNotMatch(await label("[data-node=letters]"), /hang/);
  });

  test("whoever has one scenario compares with another value", async () => {
    await page.locator("#tab-compare").click();
    const kind = page.locator("#panel-compare select").first();
    assert.equal(await kind.inputValue(), "value");
    await kind.selectOption("scenario");
    await page.locator("#panel-compare", { hasText: "the text has no other" }).waitFor();
  });

  test("what was measured is written as people write it", async () => {
    const opened = await browser.page({ address: site.address });
    await opened.locator("#scenario:enabled").selectOption("cache_stampede");
    await opened.waitForFunction(() => globalThis.sysdl.state.playing && globalThis.sysdl.state.scenario === "cache_stampede");
    await opened.locator("#speed").selectOption({ label: "10×" });
    await reaches(opened, 33);
    await opened.locator("#panel-expectations", { hasText: /\d,\d{3} rps at 31 s/ }).waitFor();
    assert.doesNotMatch(await opened.locator("#panel-expectations .rows").textContent(), /\drps|\d\.\d{3}ms/);
    assert.deepEqual(opened.faults, []);
    await opened.context().close();
  });

  test("did all that without a fault", async () => {
    assert.deepEqual(page.faults, []);
    assert.equal((await state(page)).stale, false);
  });
});
