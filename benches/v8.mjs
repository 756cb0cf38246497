// Runs a module in V8 and prints what it found and how long it took as JSON.
//
//   node v8.mjs module FILE.wasm SEED
//   node v8.mjs textbook FILE.wasm RATE APPS SLOTS CONNECTIONS SECONDS SEED
import { readFile } from "node:fs/promises";
import { OUT_OF_BUDGET, REACHED, load } from "../tests/v8/module.mjs";

/** Events until the first return to the host: V8 puts faster code in place only when a function is entered anew. */
const SLICE_EVENTS = 65_536;
/** Events between two returns at most, as the command line has it, and by how much more there are each time: a return ends what is resolved ahead. */
const SLICE_EVENTS_MOST = 2_000_000;
const MORE = 3;

const [what, path, ...numbers] = process.argv.slice(2);
const bytes = await readFile(path);
console.log(JSON.stringify(what === "module" ? await module(...numbers) : await textbook(...numbers.map(Number))));

async function module(seed) {
  const simulation = await load(bytes);
  simulation.init(seed);
  const began = performance.now();
  let status = REACHED;
  for (let events = SLICE_EVENTS; status === REACHED || status === OUT_OF_BUDGET; events = Math.min(MORE * events, SLICE_EVENTS_MOST)) {
    status = simulation.run(simulation.meta.duration_ns + 1, events);
  }
  const wall_ms = performance.now() - began;
  return { ...simulation.counters(), digest: simulation.digest(0), wall_ms };
}

async function textbook(rate, apps, slots, connections, seconds, seed) {
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const { textbook_begin, textbook_run } = instance.exports;
  textbook_begin(rate, apps, slots, connections, BigInt(seed));
  const began = performance.now();
  const slice = SLICE_EVENTS / 8 / rate;
  let requests = 0n;
  for (let slices = 1; slices * slice < seconds + slice; slices++) {
    requests = textbook_run(BigInt(Math.round(Math.min(slices * slice, seconds) * 1e9)));
  }
  return { requests: Number(requests), events: 0, digest: "", wall_ms: performance.now() - began };
}
