// The run in the page is the run of the command line: digests, time in both directions, links.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { inside, openBrowser, reaches, rich, runs, spot, state, stop, write } from "./browser.mjs";
import { BLUEPRINTS, blueprint, exported, sysdl } from "./site.mjs";

describe("a run in the page", () => {
  let browser, site;
  before(async () => {
    [browser, site] = [await openBrowser(), await exported()];
  });
  after(() => Promise.all([browser?.close(), site?.close()]));

  const page = async (options = {}) => {
    const page = await browser.page({ address: site.address, ...options });
    await page.evaluate(() => document.getElementById("play").ariaLabel === "Pause" && document.getElementById("play").click());
    return page;
  };
  /** In a run of its own: to the end, or what `act` does with it. */
  const finished = (page, request) => inside(page, "app.mjs", async ({ openRun }, request) => {
    const run = await openRun();
    await run.load(request);
    const report = await run.finish();
    run.close();
    return report;
  }, request);

  for (const [name, scenario] of [...BLUEPRINTS.map((name) => [name]), ["shop", "cache_stampede"]]) {
    test(`has the digest of \`sysdl run\`: ${name} ${scenario ?? ""}`, async () => {
      const wanted = JSON.parse(sysdl("run", `blueprints/${name}.sysdl`, "--format", "json", ...(scenario ? ["--scenario", scenario] : [])));
      const opened = await page();
      const found = await finished(opened, { source: blueprint(name), scenario });
      await opened.context().close();
      assert.equal(found.digest, wanted.digest);
      assert.deepEqual(found.totals, wanted.totals);
      assert.deepEqual(found.latency_s, wanted.latency_s);
      const verdicts = ({ expectations }) => expectations.map(({ text, verdict }) => `${verdict} ${text}`);
      assert.deepEqual(verdicts(found), verdicts(wanted));
      assert.deepEqual(found.windows, wanted.windows);
    });
  }

  test("is reported on from its begin, however long the first report takes", async () => {
    const opened = await browser.page({
      address: site.address,
      before: (page) => page.addInitScript(() => {
        const { postMessage } = Worker.prototype;
        let reports = 0;
        Worker.prototype.postMessage = function (message, ...more) {
          setTimeout(() => postMessage.call(this, message, ...more), message.op === "report" && ++reports === 1 ? 800 : 0);
        };
      }),
    });
    await opened.waitForFunction(() => globalThis.sysdl.state.report);
    await opened.waitForFunction(() => globalThis.sysdl.state.report.windows?.columns.t.length > 0, null, { timeout: 4000 });
    assert.ok(await opened.locator("#timeline path").count());
    assert.deepEqual(opened.faults, []);
    await opened.context().close();
  });

  test("goes back thirty seconds and forward again to the same numbers", async () => {
    const opened = await page();
    const [there, back, again] = await inside(opened, "app.mjs", async ({ openRun }, source) => {
      const run = await openRun();
      await run.load({ source, scenario: "cache_stampede" });
      const at = async (second) => {
        await run.seek(second * 1e9);
        const { totals, now_ns } = await run.frame();
        const { digest, windows } = await run.report();
        return { now_ns, totals: [...totals], digest, windows };
      };
      const seen = [await at(45), await at(15), await at(45)];
      run.close();
      return seen;
    }, blueprint("shop"));
    await opened.context().close();
    assert.notEqual(back.digest, there.digest);
    assert.equal(there.now_ns, 45e9);
    assert.deepEqual(again, there);
  });

  test("an instant that was gone to shows rates over its last second", async () => {
    const opened = await page();
    await opened.locator("#scenario:enabled").selectOption("cache_stampede");
    await opened.waitForFunction(() => globalThis.sysdl.state.playing && globalThis.sysdl.state.scenario === "cache_stampede");
    await stop(opened);
    const gone = async () => {
      await opened.keyboard.press("0");
      await opened.waitForFunction(() => globalThis.sysdl.state.now_ns === 0);
      for (const at_s of [9, 18, 27, 36]) {
        await opened.keyboard.press("Shift+ArrowRight");
        await opened.waitForFunction((at_s) => Math.abs(globalThis.sysdl.state.now_ns - at_s * 1e9) < 1e8, at_s);
      }
      return opened.evaluate(() => ({ seconds: globalThis.sysdl.live.seconds, ...globalThis.sysdl.live.system }));
    };
    const first = await gone();
    assert.ok(Math.abs(first.seconds - 1) < 0.01, `over ${first.seconds} s`);
    assert.ok(Math.abs(first.rps - 10_000) < 500, `${first.rps} a second`);
    assert.ok(first.error_rate > 0.1, "the cache was flushed six seconds before");
    assert.deepEqual(await gone(), first);
    await opened.context().close();
  });

  test("gone back, the picture tells nothing of what is still to come", async () => {
    const opened = await browser.page({ address: site.address });
    await opened.locator("#scenario:enabled").selectOption("cache_stampede");
    await opened.locator("#transport select").first().selectOption({ label: "10\u00d7" });
    const told = (mark, warned, timeout) => opened.waitForFunction(([mark, warned]) => {
      const [redis, notice] = [document.querySelector("[data-node=redis]").ariaLabel, document.querySelector("#notice").textContent];
      return /flush/.test(redis) === mark && /Errors above 1/.test(notice) === warned;
    }, [mark, warned], { timeout });
    await told(true, true);
    await stop(opened);
    await opened.keyboard.press("0");
    await opened.waitForFunction(() => globalThis.sysdl.state.now_ns < 1e9);
    await told(false, false, 2000);
    assert.deepEqual(opened.faults, []);
    await opened.context().close();
  });

  test("an injected fault changes the future, not the past, and can be undone", async () => {
    const opened = await page();
    const seen = await inside(opened, "app.mjs", async ({ openRun }, source) => {
      const run = await openRun();
      await run.load({ source, scenario: "steady" });
      await run.seek(12e9);
      const before = await run.report();
      const { input } = await run.inject("inject flush on redis");
      const struck = await run.report();
      await run.seek(16e9);
      const broken = await run.report();
      await run.undo(input);
      const mended = await run.report();
      await run.seek(0);
      await run.seek(16e9);
      const plain = await run.report();
      run.close();
      return { input, before: before.digest, struck: struck.digest, broken: broken.totals, mended: mended.digest, plain: plain.digest, well: plain.totals };
    }, blueprint("shop"));
    await opened.context().close();
    assert.match(seen.input, /^at 12\S* inject flush on redis/);
    assert.equal(seen.struck, seen.before);
    assert.equal(seen.mended, seen.plain);
    assert.ok(seen.broken.error_rate > 0.005 && seen.broken.error_rate > 10 * seen.well.error_rate, JSON.stringify([seen.broken, seen.well]));
  });

  test("the header's percentiles are those of all responses, as the report has them", async () => {
    const opened = await page();
    const [frame, report, flows] = await inside(opened, "app.mjs", async ({ openRun }, source) => {
      const run = await openRun();
      await run.load({ source, scenario: "steady" });
      await run.seek(1e9);
      const answers = [await run.frame(), await run.report(), run.meta.flows.length];
      globalThis.meta = run.meta;
      run.close();
      return answers;
    }, blueprint("shop").replace("duration = 60s, warmup = 10s", "duration = 60s"));
    const now = await opened.evaluate((frame) => {
      const live = new globalThis.sysdl.live.constructor(globalThis.meta);
      live.push({ ...frame, totals: Object.values(frame.totals) });
      return live.system;
    }, frame);
    await opened.context().close();
    assert.ok(flows > 1, "and of more than one kind");
    assert.deepEqual([now.p50_s, now.p95_s, now.p99_s], ["p50", "p95", "p99"].map((p) => report.latency_s[p]));
  });

  test("a run that stands still does so when something is done to it, where that begins", async () => {
    const opened = await browser.page({ address: site.address });
    await reaches(opened, 2);
    await stop(opened);
    await opened.waitForTimeout(300); // until the last frame is there
    const { now_ns } = await state(opened);
    await opened.locator("[data-node=redis]").click();
    await opened.locator("#inspector .faults button", { hasText: "Crash" }).first().click();
    await opened.waitForFunction(() => globalThis.sysdl.live.component(globalThis.sysdl.state.selected.id).state === "down");
    await opened.waitForTimeout(300);
    const after = await state(opened);
    assert.equal(after.playing, false);
    assert.equal(after.inputs[0], `at ${Math.floor(now_ns / 1e6) + 1}ms inject crash on redis for 10s`);
    assert.equal(after.now_ns, (Math.floor(now_ns / 1e6) + 1) * 1e6 + 1);
    assert.match(await opened.locator("[data-node=redis]").getAttribute("aria-label"), /crash/);
    assert.deepEqual(opened.faults, []);
    await opened.context().close();
  });

  test("replicas that were set by hand are those that are counted, and paid for", async () => {
    const opened = await browser.page({ address: site.address });
    await reaches(opened, 1);
    await opened.locator("[data-node=catalog]").click();
    await opened.locator("#inspector input[type=number]").fill("4");
    await opened.keyboard.press("Enter");
    const { inputs } = await (await opened.waitForFunction(() => globalThis.sysdl.state.inputs.length === 1 && globalThis.sysdl.state)).jsonValue();
    await reaches(opened, Number(/at (\d+)ms/.exec(inputs[0])[1]) / 1e3 + 1.2);
    await opened.waitForFunction(() => /4 of 10/.test(document.getElementById("inspector").textContent)); // written a few times a second
    const shown = Object.fromEntries(await opened.locator("#inspector .pairs div").evaluateAll((pairs) => pairs.map((pair) => [...pair.children].map((child) => child.textContent))));
    assert.match(shown.Busy, / of 256$/);
    assert.match(shown.Queue, / of 8,000$/);
    assert.equal(shown.Cost, "$238/mo");
    await opened.locator("#tab-cost").click();
    assert.match(await opened.locator("#panel-cost tr", { hasText: "catalog" }).textContent(), /4\$238/);
    assert.deepEqual(opened.faults, []);
    await opened.context().close();
  });

  test("the rate of a source is there to be changed, and shows what it was set to until that is undone", async () => {
    const opened = await browser.page({ address: site.address });
    await reaches(opened, 2);
    const field = opened.locator("#inspector label", { hasText: "requests a second" }).locator("input");
    assert.equal(Math.round(Number(await field.inputValue()) / 1e3), 10);
    await field.fill("4000");
    await opened.keyboard.press("Enter");
    await opened.waitForFunction(() => globalThis.sysdl.live.system.rps < 4500 && globalThis.sysdl.live.system.rps > 3500);
    await opened.locator("#inspector .inputs button:text('undo')").click();
    await opened.waitForFunction(() => globalThis.sysdl.live.system.rps > 9000);
    await opened.waitForTimeout(300); // written a few times a second
    assert.ok(Number(await field.inputValue()) > 9000);
    assert.deepEqual(opened.faults, []);
    await opened.context().close();
  });

  test("what was done to a component that has another name now is undone, and said", async () => {
    const opened = await browser.page({ address: site.address });
    await rich(opened);
    await reaches(opened, 1);
    for (const name of ["redis", "orders"]) {
      await opened.locator(`[data-node=${name}]`).click();
      await opened.keyboard.press("k");
      await opened.waitForFunction((name) => globalThis.sysdl.state.inputs.some((input) => input.includes(name)), name);
    }
    await write(opened, blueprint("shop").replaceAll("redis", "valkey"));
    await opened.waitForFunction(() => /Undone.*crash on redis/.test(document.getElementById("notice").textContent));
    await opened.waitForSelector("[data-node=valkey]");
    const { inputs, stale, playing } = await state(opened);
    assert.equal(inputs.length, 1);
    assert.match(inputs[0], /crash on orders/);
    assert.ok(playing && !stale);
    assert.deepEqual(opened.faults, []);
    await opened.context().close();
  });

  test("what was done to a component goes along when it is renamed in the editor, and so does the selection", async () => {
    const opened = await browser.page({ address: site.address });
    await rich(opened);
    await reaches(opened, 1);
    for (const name of ["orders", "redis"]) {
      await opened.locator(`[data-node=${name}]`).click();
      await opened.keyboard.press("k");
      await opened.waitForFunction((name) => globalThis.sysdl.state.inputs.some((input) => input.includes(name)), name);
    }
    const { inputs } = await state(opened);
    const { x, y } = await spot(opened, "redis.get", 0.2);
    await opened.mouse.click(x, y);
    await opened.keyboard.press("F2");
    await opened.locator(".ed-rename input").fill("valkey");
    await opened.keyboard.press("Enter");
    await opened.waitForSelector("[data-node=valkey]");
    const after = await state(opened);
    assert.deepEqual(after.inputs, inputs.map((input) => input.replace("redis", "valkey")));
    assert.equal(after.selected.name, "valkey");
    assert.ok(after.playing && !after.stale);
    assert.equal(await opened.locator("#notice").textContent(), "");
    await opened.locator(".cm-content").focus();
    for (const [keys, name] of [["Control+z", "redis"], ["Control+y", "valkey"], ["Control+z", "redis"]]) {
      await opened.keyboard.press(keys);
      await opened.waitForSelector(`[data-node=${name}]`);
      const now = await state(opened);
      assert.deepEqual([now.inputs, now.selected.name], [inputs.map((input) => input.replace("redis", name)), name], keys);
      assert.equal(await opened.locator("#notice").textContent(), "");
    }
    assert.deepEqual(opened.faults, []);
    await opened.context().close();
  });

  test("where few requests come, numbers are over ten seconds, and that is said, whichever way one came there", async () => {
    const opened = await browser.page({ address: `${site.address}?blueprint=agent` });
    await reaches(opened, 1);
    await stop(opened);
    const duration_s = (await opened.evaluate(() => globalThis.sysdl.live.meta.duration_ns)) / 1e9;
    const gone = async (at_s) => {
      await opened.locator("#timeline input").evaluate((range, share) => {
        range.value = String(1000 * share);
        for (const event of ["input", "change"]) range.dispatchEvent(new Event(event));
      }, at_s / duration_s);
      await opened.waitForFunction((at_s) => Math.abs(globalThis.sysdl.state.now_ns - at_s * 1e9) < 1e6, at_s);
      return opened.evaluate(() => ({ seconds: globalThis.sysdl.live.seconds, ...globalThis.sysdl.live.system }));
    };
    const there = await gone(60);
    assert.ok(Math.abs(there.seconds - 10) < 0.01, `over ${there.seconds} s`);
    assert.ok(there.goodput_rps > 1 && there.p99_s > there.p50_s, JSON.stringify(there));
    await opened.waitForFunction(() => document.getElementById("vitals").title === "All requests, over the last 10 s" && /Now, over 10 s/.test(document.getElementById("inspector").textContent));
    await gone(65);
    await gone(120);
    assert.deepEqual(await gone(60), there);
    assert.deepEqual(opened.faults, []);
    await opened.context().close();
  });

  test("a queue of a moment is told nobody", async () => {
    const opened = await browser.page({ address: `${site.address}?blueprint=pipeline` });
    await opened.evaluate(() => {
      globalThis.announced = [];
      new MutationObserver(() => globalThis.announced.push(document.getElementById("announce").textContent)).observe(document.getElementById("announce"), { childList: true });
    });
    await opened.locator("#tab-story").click();
    await reaches(opened, 4);
    assert.ok((await state(opened)).records.some(({ kind }) => kind === "overloaded"), "there are such queues");
    assert.deepEqual(await opened.evaluate(() => globalThis.announced), []);
    assert.match(await opened.locator("#panel-story").textContent(), /Nothing out of the ordinary/);
    assert.deepEqual(opened.faults, []);
    await opened.context().close();
  });

  test("what fails is called failing, in the picture and beside it", async () => {
    const opened = await browser.page({ address: site.address });
    await reaches(opened, 1);
    await opened.locator("[data-node=payments]").click();
    await opened.keyboard.press("k");
    await opened.waitForFunction(() => /failing$/.test(document.querySelector("[data-node=orders]").ariaLabel));
    await opened.locator("[data-node=orders]").click();
    await opened.waitForFunction(() => /failing/.test(document.querySelector("#inspector .chip").textContent));
    assert.deepEqual(opened.faults, []);
    await opened.context().close();
  });

  test("whether it heals is told once the run is over, as on the command line", async () => {
    const scenario = /scenario (\w+)[^{]*\{(?:(?!\nscenario)[^])*?expect heals/.exec(blueprint("pool_exhaustion"))[1];
    const wanted = JSON.parse(sysdl("run", "blueprints/pool_exhaustion.sysdl", "--scenario", scenario, "--format", "json")).expectations;
    const opened = await browser.page({ address: `${site.address}?blueprint=pool_exhaustion` });
    await opened.locator("#scenario:enabled").selectOption(scenario);
    await opened.waitForFunction((scenario) => globalThis.sysdl.state.playing && globalThis.sysdl.state.scenario === scenario, scenario);
    const claim = opened.locator("#panel-expectations li", { hasText: "heals within" });
    await claim.locator(".verdict", { hasText: "pending" }).waitFor();
    await opened.locator("#speed").selectOption({ label: "max" });
    await claim.locator(".verdict", { hasText: "holds" }).waitFor();
    const { verdict, value } = wanted.find(({ text }) => text.startsWith("heals"));
    assert.equal(verdict, "pass");
    assert.equal(await claim.locator(".num").textContent(), value);
    await opened.keyboard.press("0"); // and nothing is known of it before
    await claim.locator(".verdict", { hasText: "pending" }).waitFor();
    await opened.locator("#tab-seeds").click();
    await opened.locator("#panel-seeds select").selectOption("4");
    await opened.locator("#panel-seeds button", { hasText: "Run" }).click();
    await opened.locator("#panel-seeds tr", { hasText: /heals within 30s\s*holds at 4 of 4/ }).waitFor();
    assert.deepEqual(opened.faults, []);
    await opened.context().close();
  });

  test("a link holds all: text, seed, inputs, instant, and leads to the same digest", async () => {
    const opened = await page();
    const source = `${blueprint("chat")}\n// 😀 µ`;
    const { inputs, plain } = await inside(opened, "app.mjs", async ({ openRun }, source) => {
      const run = await openRun();
      await run.load({ source, scenario: "steady", seed: "7" });
      await run.seek(8e9);
      await run.inject("inject crash on members for 3s");
      await run.seek(12e9);
      const { digest } = await run.report();
      const { inputs } = run;
      run.close();
      return { inputs, plain: digest };
    }, source);
    const { fragment } = await inside(opened, "links.mjs", ({ linkTo }, what) => linkTo(what), { source, scenario: "steady", seed: "7", inputs, at_ns: 12e9, view: "members" });
    await opened.context().close();
    const linked = await browser.page({ address: `${site.address}#${fragment.replace(/^#/, "")}` });
    await reaches(linked, 12);
    await linked.waitForFunction((digest) => globalThis.sysdl.state.report?.digest === digest, plain);
    const shown = await state(linked);
    assert.equal(shown.source, source);
    assert.deepEqual([shown.scenario, shown.seed, shown.inputs.length, shown.now_ns, shown.selected?.name], ["steady", "7", 1, 12e9, "members"]);
    assert.deepEqual(linked.faults, []);
    await linked.context().close();
  });

  test("a damaged link is refused in words", async () => {
    const opened = await browser.page({ address: `${site.address}#1.damaged`, ready: false });
    await opened.waitForFunction(() => /link/i.test(document.getElementById("notice").textContent), null);
    await runs(opened); // and the page goes on with something else, and still says it
    assert.match(await opened.locator("#notice").textContent(), /link/i);
    await opened.context().close();
  });
});
