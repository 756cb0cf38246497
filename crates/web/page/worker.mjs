// Runs a module off the main thread and says how far it is. Nothing but the page's own files is loaded.
import { DONE, OUT_OF_POOL, REACHED, load } from "./module.mjs";

const SLICE_EVENTS = 500_000;

onmessage = async ({ data: { bytes, seed } }) => {
  try {
    const simulation = await load(bytes);
    simulation.init(seed);
    postMessage({ meta: simulation.meta });
    const began = performance.now();
    const end = simulation.meta.duration_ns + 1;
    let status = REACHED;
    while (status !== DONE && status !== OUT_OF_POOL && simulation.now() < end) {
      status = simulation.run(end, SLICE_EVENTS);
      postMessage({ now_ns: simulation.now(), components: simulation.components(), counters: simulation.counters() });
    }
    postMessage({ done: true, status, digest: simulation.digest(), wall_s: (performance.now() - began) / 1000 });
  } catch (error) {
    postMessage({ error: String(error.message ?? error) });
  }
};
