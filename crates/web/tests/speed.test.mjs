// How fast it answers, and how much is loaded for it. Figures are printed always; what is asserted is generous, since a machine that tests is busy.
import assert from "node:assert/strict";
import { readFileSync, readdirSync, statSync } from "node:fs";
import { extname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { after, before, describe, test } from "node:test";
import { inside, median, openBrowser, quantile, reaches, rich, runs, state, write } from "./browser.mjs";
import { COMPLETE, PAGE, blueprint, exported, ready, ways } from "./site.mjs";

const GENEROUS = Number(process.env.SYSDL_GENEROUS ?? 4);
const files = (folder) => readdirSync(folder, { recursive: true }).map((name) => join(folder, name)).filter((path) => statSync(path).isFile());
const packed = (paths) => paths.reduce((sum, path) => sum + gzipSync(readFileSync(path), { level: 9 }).length, 0);

/** A system of so many components in two layers, with traffic. */
function large(components, rate = 200) {
  const names = Array.from({ length: components - 1 }, (_, index) => `s${index}`);
  const parts = names.map((name, index) => {
    const next = names[2 * index + 1];
    const calls = [names[2 * index + 1], names[2 * index + 2]].filter(Boolean);
    const body = ["work exp(1ms)", ...calls.map((callee) => `call ${callee}.get`)].join(", ");
    return `  service ${name} {\n    replicas = 4, concurrency = 64\n    endpoint get {\n      ${body.replaceAll(", ", "\n      ")}\n    }\n  }\n${next ? calls.map((callee) => `  ${name} -> ${callee} { timeout = 1s }\n`).join("") : ""}`;
  });
  const traffic = `  gateway door {\n    endpoint get { work exp(1ms), call s0.get }\n  }\n  door -> s0 { timeout = 2s }\n  traffic people -> door { open = poisson(${rate}rps) }\n`;
  return `sysdl 1\n\nsystem large "Fifty parts" {\n${parts.join("")}${traffic}}\n\nscenario steady of large {\n  duration = 120s\n}\n`;
}

test("the page's own code is small", { skip: !ready && "there is no page yet" }, () => {
  const own = files(PAGE).filter((path) => !path.includes("/vendor/"));
  const sizes = Object.fromEntries([".html", ".css", ".mjs", ".js"].map((type) => [type, packed(own.filter((path) => extname(path) === type))]));
  const vendor = packed([join(PAGE, "vendor/vendor.mjs")]);
  const total = Object.values(sizes).reduce((sum, size) => sum + size, 0);
  console.log("gzipped bytes:", { ...sizes, total, vendor });
  assert.ok(vendor <= 150_000, `vendor ${vendor}`);
  assert.ok(total <= 40_000, `own code ${total}`);
});
