// What leaves the page, and how it comes to others: files, a part of another page, fingers on a phone, a file that somebody edits elsewhere.
import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { openBrowser, reaches, runs, screenshot, state } from "./browser.mjs";
import { blueprint, exported, serve, sysdl } from "./site.mjs";

describe("sharing", () => {
  let browser, site, page;
  before(async () => {
    browser = await openBrowser();
    site = await exported();
    page = await browser.page({ address: site.address, permissions: ["clipboard-read", "clipboard-write"] });
    await reaches(page, 2);
  });
  after(() => Promise.all([browser?.close(), site?.close()]));

  async function act(name) {
    await page.locator("#share > summary").click();
    await page.locator(`#share [data-act=${name}]`).click();
  }
  async function downloaded(name) {
    const [download] = await Promise.all([page.waitForEvent("download"), act(name)]);
    return { name: download.suggestedFilename(), bytes: readFileSync(await download.path()) };
  }
  async function copied(name) {
    await page.evaluate(() => navigator.clipboard.writeText(""));
    await act(name);
    for (let tries = 0; tries < 300; tries++) {
      const text = await page.evaluate(() => navigator.clipboard.readText());
      if (text) return text;
      await page.waitForTimeout(50);
    }
    throw new Error("Nothing was copied.");
  }

  test("the picture as PNG and as SVG, the module, the text", async () => {
    const png = await downloaded("png");
    assert.match(png.name, /^shop-.*\.png$/);
    assert.equal(png.bytes.subarray(1, 4).toString(), "PNG");
    assert.ok(png.bytes.readUInt32BE(16) > 600, "twice the size of the scene");
    const svg = (await downloaded("svg")).bytes.toString();
    const names = await page.evaluate((svg) => {
      const read = new DOMParser().parseFromString(svg, "image/svg+xml");
      return read.querySelector("parsererror") ? [] : [...read.querySelectorAll("text")].map((text) => text.textContent);
    }, svg);
    for (const name of ["redis", "postgres", "shoppers"]) assert.ok(names.includes(name), `${name} of ${names.join()}`);
    const text = await downloaded("text");
    assert.equal(text.bytes.toString(), (await state(page)).source);
    const module = await downloaded("module");
    assert.ok(WebAssembly.validate(module.bytes) && WebAssembly.Module.imports(new WebAssembly.Module(module.bytes)).length === 0);
  });

  test("a film of the run plays", async () => {
    const film = await downloaded("webm");
    assert.match(film.name, /^shop-.*\.webm$/);
    assert.equal(film.bytes.readUInt32BE(0), 0x1a45dfa3, "it begins as EBML does");
    const cinema = await page.context().newPage();
    const played = await cinema.evaluate(async (base64) => {
      const video = Object.assign(document.createElement("video"), { muted: true });
      video.src = URL.createObjectURL(new Blob([Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0))], { type: "video/webm" }));
      await video.play();
      await new Promise((done) => (video.ontimeupdate = () => video.currentTime > 1 && done(0)));
      return [video.videoWidth, video.videoHeight];
    }, film.bytes.toString("base64"));
    await cinema.close();
    const canvas = await page.locator("#picture canvas").first().evaluate(({ width, height }) => [width, height]);
    assert.deepEqual(played, canvas);
  });

  test("as Markdown it holds the numbers, the link and the text", async () => {
    const text = await copied("markdown");
    assert.match(text, /^### shop: .+\n\n\| goodput /);
    assert.ok(text.includes(`[Open this run](${site.address}#`) && text.includes((await state(page)).source.trimEnd()));
  });

  test("in an iframe of a page of somebody else it is the picture alone, and leads to the whole", async () => {
    const frame = await copied("iframe");
    assert.match(frame, /^<iframe src="[^"]+\?embed#[^"]+" title="shop" /);
    const host = createServer((_, response) => response.writeHead(200, { "Content-Type": "text/html" }).end(`<!doctype html><title>A report</title>${frame}`));
    await new Promise((resolve) => host.listen(0, "127.0.0.1", resolve));
    const outer = await page.context().newPage();
    await outer.goto(`http://localhost:${host.address().port}/`);
    const inner = outer.frameLocator("iframe");
    const inside = outer.frames()[1];
    await runs(inside);
    await inside.waitForFunction(() => globalThis.sysdl.state.now_ns > 1e9);
    const shown = await Promise.all(["header", "#text", "#inspector", "#panels", "#picture", "#transport"].map((part) => inner.locator(part).first().isVisible()));
    assert.deepEqual(shown, [false, false, false, false, true, true]);
    await screenshot(outer, "embedded");
    const [whole] = await Promise.all([outer.waitForEvent("popup"), inner.locator("#whole").click()]);
    await runs(whole);
    assert.ok(await whole.locator("header").isVisible());
    assert.equal((await state(whole)).source, (await state(page)).source);
    for (const one of [whole, outer]) await one.close();
    host.close();
  });

  test("did all that without a fault", () => assert.deepEqual(page.faults, []));
});

test("two fingers bring the picture nearer, one moves it", async (t) => {
  const [browser, site] = await Promise.all([openBrowser(), exported()]);
  t.after(() => Promise.all([browser.close(), site.close()]));
  const page = await browser.page({ address: site.address, viewport: { width: 390, height: 844 } });
  await reaches(page, 0.5);
  const { x, y, width, height } = await page.locator("#picture").boundingBox();
  const [cx, cy] = [x + width / 2, y + height / 2];
  const cdp = await page.context().newCDPSession(page);
  const touch = (type, ...places) => cdp.send("Input.dispatchTouchEvent", { type, touchPoints: places.map(([dx, dy], id) => ({ x: cx + dx, y: cy + dy, id })) });
  /** Once the last touch is drawn: edges take a frame, components the next. */
  const seen = async () => {
    for (let frames = 0; frames < 4; frames++) await page.evaluate(() => new Promise(requestAnimationFrame));
    return page.locator("[data-node=redis]").boundingBox();
  };
  const at_first = await seen();
  await touch("touchStart", [-30, 0], [30, 0]);
  for (let apart = 35; apart <= 60; apart += 5) await touch("touchMove", [-apart, 0], [apart, 0]);
  await touch("touchEnd");
  const nearer = await seen();
  assert.ok(Math.abs(nearer.width / at_first.width - 2) < 0.1, `${at_first.width} to ${nearer.width}`);
  await touch("touchStart", [0, 60]);
  for (let way = 10; way <= 50; way += 10) await touch("touchMove", [way, 60 + way]);
  await touch("touchEnd");
  const moved = await seen();
  const ways = [moved.x - nearer.x - 50, moved.y - nearer.y - 50, moved.width - nearer.width];
  assert.ok(ways.every((way) => Math.abs(way) < 1), ways.join());
  assert.deepEqual(page.faults, []);
});

test("a watched file is followed: saved, broken, mended, replaced; after a reload and when the server comes back too", async (t) => {
  const folder = mkdtempSync(join(tmpdir(), "sysdl-watch-"));
  const file = join(folder, "mine.sysdl");
  const text = blueprint("url_shortener");
  const more = (words) => text.replace(/^(system \w+) .*?\{/m, `$1 "${words}" {`);
  writeFileSync(file, text);
  const [browser, host] = await Promise.all([openBrowser(), serve(file, "--watch")]);
  const open = [browser, host];
  t.after(async () => {
    for (const one of open) await one.close();
    rmSync(folder, { recursive: true });
  });
  const page = await browser.page({ address: host.address });
  const follows = async (words) => {
    await page.waitForFunction((words) => document.querySelector("#title").textContent === words, words);
    assert.equal((await state(page)).source, more(words));
  };
  await page.waitForFunction((source) => globalThis.sysdl.state.source === source, text);
  writeFileSync(file, more("Saved"));
  await follows("Saved");

  writeFileSync(file, more("Broken").replace("duration", "durration"));
  await page.waitForFunction(() => globalThis.sysdl.state.diagnostics.length > 0 && globalThis.sysdl.state.stale);
  assert.ok((await state(page)).ready, "the run that was there goes on");
  writeFileSync(file, more("Mended"));
  await follows("Mended");

  // As many editors save: the file is gone for a moment.
  renameSync(file, `${file}~`);
  await page.waitForTimeout(400);
  assert.equal((await state(page)).source, more("Mended"));
  writeFileSync(`${file}.new`, more("Replaced"));
  renameSync(`${file}.new`, file);
  await follows("Replaced");

  await page.waitForFunction(() => location.hash.length > 2);
  await page.reload();
  await runs(page);
  await follows("Replaced");
  writeFileSync(file, more("Saved again"));
  await follows("Saved again");
  assert.deepEqual(page.faults, []);

  const { port } = new URL(host.address);
  await host.close();
  writeFileSync(file, more("While nobody served"));
  open.push(await serve(file, "--watch", "--port", port));
  await follows("While nobody served");
});
