// Runs a module in V8 through the page's own loader and prints its digests and counts as JSON.
//
//   node tests/v8/digest.mjs shop.wasm [seed]
import { readFile } from "node:fs/promises";
import { OUT_OF_BUDGET, REACHED, load } from "./module.mjs";

const [path, seed] = process.argv.slice(2);
if (!path) {
  console.error("usage: node digest.mjs MODULE.wasm [SEED]");
  process.exit(2);
}
const simulation = await load(await readFile(path));
const { meta } = simulation;

const began = performance.now();
simulation.init(seed);
let status = REACHED;
while (status === REACHED || status === OUT_OF_BUDGET) {
  status = simulation.run(meta.duration_ns + 1);
}
const wall_s = (performance.now() - began) / 1000;
console.log(
  JSON.stringify({
    status,
    digest: simulation.digest(0),
    requests_digest: simulation.digest(2),
    components: Object.fromEntries(meta.components.map((c, i) => [c.name, simulation.digest(4 + 2 * i)])),
    arrivals: Object.fromEntries(simulation.components().map((c) => [c.name, c.arrivals])),
    ...simulation.counters(),
    wall_s,
  }),
);
