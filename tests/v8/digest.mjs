// Runs a module in V8 and prints its digests and counts as JSON.
//
//   node tests/v8/digest.mjs shop.wasm [seed]
import { readFile } from "node:fs/promises";

const [path, seed] = process.argv.slice(2);
if (!path) {
  console.error("usage: node digest.mjs MODULE.wasm [SEED]");
  process.exit(2);
}
const module = await WebAssembly.compile(await readFile(path));
const [section] = WebAssembly.Module.customSections(module, "sysdl.meta");
const meta = JSON.parse(new TextDecoder().decode(section));
const { exports: sim } = await WebAssembly.instantiate(module, {});

const began = performance.now();
if (sim.sysdl_init(BigInt(seed ?? meta.seed)) !== 0) throw new Error("sysdl_init failed");
let status = 0;
while (status === 0 || status === 2) {
  status = sim.sysdl_run(BigInt(meta.duration_ns) + 1n, 1_000_000n);
}
const wall_s = (performance.now() - began) / 1000;
const hex = (word) => BigInt.asUintN(64, sim.sysdl_digest(word)).toString(16).padStart(16, "0");
const digest = (first) => hex(first + 1) + hex(first);
const directory = new DataView(sim.memory.buffer, sim.sysdl_columns());
console.log(
  JSON.stringify({
    status,
    digest: digest(0),
    requests_digest: digest(2),
    components: Object.fromEntries(meta.components.map((c, i) => [c.name, digest(4 + 2 * i)])),
    events: Number(directory.getBigUint64(8, true)),
    requests: Number(directory.getBigUint64(16, true)),
    wall_s,
  }),
);
