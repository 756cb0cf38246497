// Parts of the page that need no browser: arithmetic of texts and numbers. And tsc over all of it.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { PAGE, ROOT } from "./site.mjs";

const { difference } = await import(join(PAGE, "editor/commands.mjs"));
const { quantityAt, stepped } = await import(join(PAGE, "editor/scrub.mjs"));
const { read } = await import(join(PAGE, "picture/parts.mjs"));
const { clock } = await import(join(PAGE, "panels/numbers.mjs"));
const { Live } = await import(join(PAGE, "live.mjs"));
const { curveThrough } = await import(join(PAGE, "picture/curve.mjs"));
const { paintLabels } = await import(join(PAGE, "picture/paint.mjs"));
const { Pen } = await import(join(PAGE, "picture/pen.mjs"));
const { lasting } = await import(join(PAGE, "panels/told.mjs"));

test("every module that asks for it passes tsc", () => {
  execFileSync(process.execPath, [join(import.meta.dirname, "node_modules/typescript/bin/tsc"), "-p", import.meta.dirname], { stdio: "inherit" });
});

test("the vendored file is the one that its README names", () => {
  const sum = createHash("sha256").update(readFileSync(join(PAGE, "vendor/vendor.mjs"))).digest("hex");
  assert.match(readFileSync(join(ROOT, "crates/web/vendor/README.md"), "utf8"), new RegExp(sum));
});

test("the difference of two texts is one edit", () => {
  for (const [before, after] of [["", "a"], ["abc", "abc"], ["aXb", "aYYb"], ["aaa", "aa"], ["queue = 2", "queue = 22"], ["µs 😀", "µs 😁!"]]) {
    const { from, to, text } = difference(before, after);
    assert.equal(before.slice(0, from) + text + before.slice(to), after);
  }
});

test("a number is found with its unit, and not in words, texts and comments", () => {
  const found = (line, column) => {
    const quantity = quantityAt(line, column);
    return quantity && line.slice(quantity.from, quantity.to);
  };
  assert.equal(found("work exp(300us), call b", 11), "300");
  assert.equal(found("work exp(300us), call b", 14), "300");
  assert.equal(found("errors = 0.1%", 11), "0.1");
  assert.equal(found("cost = $0.0816/h", 10), "0.0816");
  for (const [line, column] of [["call redis2.get", 10], ['endpoint a "GET /2/3"', 17], ["x = 1 // 20 of them", 10], ["sysdl 1", 6], ["p99 < 1s", 2]]) {
    assert.equal(found(line, column), undefined, line);
  }
});

test("a step is a tenth of the magnitude, whole for a count, and never makes zero", () => {
  const step = (line, steps) => stepped(quantityAt(line, line.search(/\d/)), steps);
  assert.equal(step("replicas = 3", 1), "4");
  assert.equal(step("replicas = 3", -9), "1");
  assert.equal(step("queue = 2000", 3), "2300");
  assert.equal(step("work exp(8ms)", 1), "8.1");
  assert.equal(step("work exp(8ms)", 10), "9");
  assert.equal(step("errors = 0.1%", 1), "0.11");
  assert.equal(step("errors = 0.1%", -99), "0.01");
  assert.equal(step("cost = $0.206/h", 1), "0.216");
  assert.equal(step("ttl = 0s", -4), "0");
});

test("who is struck is gone while that lasts: one, some, a share, a zone, or all", () => {
  const gone = (...labels) => {
    const web = { name: "web", zones: 3, faults: [], now: { state: "ok", replicas: 6 } };
    const live = { component: () => ({ ...web.now, failed_rps: 0, ok_rps: 1 }), edge: () => ({}) };
    read({ nodes: [web], edges: [] }, live, labels, new Set(labels));
    return [0, 1, 2, 3, 4, 5].filter((i) => web.gone?.(i)).join("");
  };
  assert.equal(gone("crash web"), "012345");
  assert.equal(gone("crash web[2]"), "2");
  assert.equal(gone("crash web[1..3] for 5s"), "123");
  assert.equal(gone("crash web[25%]"), "01");
  assert.equal(gone("crash web[zone 1]", "hang web[5]"), "145");
  assert.equal(gone("slow web", "crash other"), "");
});

test("the clock drops nothing that has passed", () => {
  const plain = (s, digits) => clock(s * 1e9, digits).replaceAll("\u202f", " ");
  assert.deepEqual([0, 59.5, 599.9994].map((s) => plain(s)), ["0.000 s", "59.500 s", "599.999 s"]);
  assert.equal(plain(12.34, 1), "12.3 s");
  assert.deepEqual([600, 3599, 3600, 7200, 7505, 86_399].map((s) => plain(s)), ["10 min 00 s", "59 min 59 s", "1 h 00 min 00 s", "2 h 00 min 00 s", "2 h 05 min 05 s", "23 h 59 min 59 s"]);
});

test("a queue of a moment is no news", () => {
  const record = (at_s, kind, key = 0) => ({ at_ns: at_s * 1e9, kind, entity: 1, key });
  const told = (now_s, ...records) => lasting(records, now_s * 1e9).map(({ kind, at_ns }) => `${kind} ${at_ns / 1e9}`);
  const [begin, end] = [record(0.2, "overloaded"), record(0.3, "queue_drained")];
  assert.deepEqual(told(0.25, begin), [], "who knows");
  assert.deepEqual(told(9, begin, end), []);
  assert.deepEqual(told(1.2, begin), ["overloaded 0.2"]);
  assert.deepEqual(told(9, begin, record(1.5, "queue_drained")), ["overloaded 0.2", "queue_drained 1.5"]);
  assert.deepEqual(told(9, begin, record(0.3, "queue_drained", 2)), ["overloaded 0.2", "queue_drained 0.3"], "of another replica");
  assert.deepEqual(told(9, begin, record(0.25, "queue_full"), end), ["overloaded 0.2", "queue_full 0.25", "queue_drained 0.3"], "somebody was turned away");
});

test("a label has as many words as there is room for, and touches no component", () => {
  const node = (x, y) => ({ x, y, w: 100, h: 40, faults: [] });
  const labelled = (apart, now, failed, faults = []) => {
    const [boxes, texts] = [[], []];
    const draw = { measureText: (text) => ({ width: 7 * text.length }), roundRect: (...box) => boxes.push(box), fillText: (text) => texts.push(text) };
    const nodes = [node(0, 0), node(100 + apart, 0), node(50 + apart / 2, 50)];
    const { xy } = curveThrough([[100, 20], [100 + apart, 20]], nodes[0], nodes[1]);
    const edges = [{ xy, faults, failed, now }];
    const ctx = new Proxy(draw, { get: (has, name) => has[name] ?? (() => {}), set: () => true });
    paintLabels(new Pen(ctx, { font: "sans", bad: "red", text: "black" }, 1), { nodes, edges }, { labels: true });
    const [[x, y, w, h]] = boxes;
    for (const at of nodes) assert.ok(x + w < at.x || at.x + at.w < x || y + h < at.y || at.y + at.h < y, `${boxes[0]} touches ${[at.x, at.y]}`);
    return texts.join("");
  };
  const now = { attempts_rps: 500, latency_s: 0.002 };
  assert.match(labelled(300, now, 0.3), /500\/s.*30/);
  assert.doesNotMatch(labelled(90, now, 0.3), /500/);
  assert.match(labelled(90, now, 0.3), /30/);
  assert.match(labelled(20, now, 0.3), /30/, "beside its edge");
  assert.match(labelled(120, now, 0.3, ["latency"]), /^◉ latency$/, "a fault before its effect");
});

test("however slowly a run is watched, its last second is kept in few frames, and each step is told", () => {
  const meta = { columns: { component: [], edge: [["calls"]], flow: [] }, components: [], edges: [{}], flows: [], effects: [] };
  const live = new Live(meta);
  let steps = 0;
  for (let ms = 0; ms <= 3000; ms++) {
    live.push({ now_ns: ms * 1e6, totals: [2 * ms], records: [] });
    steps += live.step("edge", 0, "calls");
  }
  assert.ok(live.frames.length < 80, `${live.frames.length} frames`);
  assert.equal(steps, 6000);
  assert.ok(Math.abs(live.seconds - 1) < 0.05, `over ${live.seconds} s`);
  assert.ok(Math.abs(live.rate("edge", 0, "calls") - 2000) < 1);
});
