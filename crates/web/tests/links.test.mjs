// Links of the page and of the command line are the same links, and none of them harms.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { inside, openBrowser, state } from "./browser.mjs";
import { ROOT, blueprint, exported, single, sysdl } from "./site.mjs";

const kept = (name) => readFileSync(join(ROOT, "tests/data", name), "utf8").trim();

describe("links", () => {
  let browser, site, page;
  before(async () => {
    [browser, site] = [await openBrowser(), await exported()];
    page = await browser.page({ address: site.address });
  });
  after(() => Promise.all([browser?.close(), site?.close()]));
  const opened = (fragment) => inside(page, "links.mjs", ({ opened }, fragment) => opened(fragment), fragment);
  const linkTo = (what) => inside(page, "links.mjs", ({ linkTo }, what) => linkTo(what), what);

  test("what the page links, the command line runs", async () => {
    const what = { source: `${blueprint("chat")}\n// 😀 µ`, scenario: "steady", seed: "18446744073709551615", inputs: ["at 3s inject crash on members for 2s"], at_ns: 5e9, view: "members" };
    const { fragment } = await linkTo(what);
    assert.match(fragment, /^#1\.[A-Za-z0-9_-]+$/);
    const { source, ...rest } = await opened(fragment);
    assert.equal(source, what.source);
    assert.deepEqual(rest, { scenario: "steady", seed: what.seed, inputs: what.inputs, set: [], at_ns: 5e9, view: "members" });
    const ran = JSON.parse(sysdl("run", fragment, "--format", "json"));
    const here = await inside(page, "app.mjs", async ({ openRun }, what) => {
      const run = await openRun();
      await run.load({ ...what, at_ns: 0 });
      const report = await run.finish();
      run.close();
      return report;
    }, what);
    assert.deepEqual([ran.digest, ran.seed], [here.digest, here.seed]);
  });

  test("what the command line links, the page opens", async () => {
    const fragment = sysdl("link", "blueprints/shop.sysdl", "--scenario", "cache_stampede", "--seed", "9", "--at", "31s", "--set", "peak=6krps").trim();
    const linked = await browser.page({ address: `${site.address}${fragment}` });
    await linked.waitForFunction(() => globalThis.sysdl.state.now_ns >= 31e9);
    const { source, scenario, seed, playing, diagnostics } = await state(linked);
    assert.deepEqual([source, scenario, seed, playing, diagnostics], [blueprint("shop"), "cache_stampede", "9", false, []]);
    assert.deepEqual(linked.faults, []);
    await linked.context().close();
  });

  test("a link of the first days is read for ever", async () => {
    const { source, seed, set } = await opened(kept("link_1.txt"));
    assert.deepEqual([source, seed, set], ["sysdl 1\nsystem s { }\n", "7", [["a.b", "2"]]]);
  });

  test("a few kilobytes that would be gigabytes are unpacked up to the limit and no farther", async () => {
    const began = performance.now();
    const [{ error }, unpacked] = await inside(page, "links.mjs", async ({ opened }, fragment) => {
      const Real = globalThis.Blob;
      let unpacked = 0;
      globalThis.Blob = class extends Real {
        constructor(parts) {
          super(parts);
          unpacked = this.size;
        }
      };
      const found = await opened(fragment);
      globalThis.Blob = Real;
      return [found, unpacked];
    }, kept("link_bomb.txt"));
    assert.match(error, /at most 1048576 bytes/);
    assert.ok(unpacked > 1 << 20 && unpacked < 3 << 20, `${unpacked} bytes`);
    assert.ok(performance.now() - began < 10_000);
  });

  test("what was cut or changed is damaged, and said to be", async () => {
    const { fragment } = await linkTo({ source: blueprint("shop") });
    const changed = (at) => fragment.slice(0, at) + (fragment[at] === "A" ? "B" : "A") + fragment.slice(at + 1);
    for (const wrong of [fragment.slice(0, -8), `${fragment}AAAA`, changed(40), changed(fragment.length - 3)]) assert.match((await opened(wrong)).error ?? "none", /damaged/, wrong.slice(-20));
    assert.match((await opened("#2.AAAA")).error, /version 2/);
    assert.match((await opened("#1.!AAA")).error, /letter/);
  });

  test("what is too long is no link, and why", async () => {
    const noise = Array.from({ length: 90_000 }, () => String.fromCharCode(33 + 90 * Math.random())).join("");
    assert.match((await linkTo({ source: noise })).error, /the limit is 65536/);
    assert.match((await linkTo({ source: " ".repeat(1 << 20) })).error, /at most 1048576 bytes/);
  });

  test("the one file from a disk opens links too", async (t) => {
    const file = await single();
    t.after(() => file.close());
    const linked = await browser.page({ address: `${file.address}${sysdl("link", "blueprints/chat.sysdl", "--at", "2s").trim()}` });
    await linked.waitForFunction(() => globalThis.sysdl.state.now_ns >= 2e9);
    assert.equal((await state(linked)).source, blueprint("chat"));
    assert.deepEqual(linked.faults, []);
    await linked.context().close();
  });

  test("did all that without a fault", () => assert.deepEqual(page.faults, []));
});
