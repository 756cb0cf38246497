// Runs modules in V8 through the page's own loader: a path a line on standard input, digests and counts as JSON a line on
// standard output.
import { readFile } from "node:fs/promises";
import { createInterface } from "node:readline";
import { OUT_OF_BUDGET, REACHED, load } from "./module.mjs";

for await (const path of createInterface({ input: process.stdin })) {
  const simulation = await load(await readFile(path));
  const { meta } = simulation;
  simulation.init();
  let status = REACHED;
  while (status === REACHED || status === OUT_OF_BUDGET) {
    status = simulation.run(meta.duration_ns + 1);
  }
  const digest = simulation.digest(0), requests = simulation.digest(2);
  const components = meta.components.map((_, i) => simulation.digest(4 + 2 * i));
  console.log(JSON.stringify({ digest, requests, components, events: simulation.counters().events }));
}
