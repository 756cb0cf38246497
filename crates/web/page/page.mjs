// Takes a module from the reader's disk, runs it in a worker, shows each component's load as it goes.

const $ = (id) => document.getElementById(id);
let worker;

$("file").addEventListener("change", async ({ target }) => {
  const [file] = target.files;
  if (file) start(await file.arrayBuffer(), file.name);
});

function start(bytes, name) {
  worker?.terminate();
  worker = new Worker(new URL("./worker.mjs", import.meta.url), { type: "module" });
  worker.onmessage = ({ data }) => show(data, name);
  worker.postMessage({ bytes });
}

let meta;

function show(message, name) {
  if (message.error) {
    $("state").textContent = `${name}: ${message.error}`;
    return;
  }
  if (message.meta) {
    meta = message.meta;
    $("title").textContent = `${meta.system} · ${meta.scenario}`;
    $("rows").replaceChildren();
  }
  if (message.components) {
    const seconds = (message.now_ns / 1e9).toFixed(1);
    $("state").textContent = `${seconds} s of ${meta.duration_ns / 1e9} s, ${message.counters.events.toLocaleString("en")} events`;
    $("progress").value = message.now_ns / meta.duration_ns;
    $("rows").replaceChildren(...message.components.map(row));
  }
  if (message.done) {
    $("state").textContent += ` in ${message.wall_s.toFixed(2)} s`;
    $("digest").textContent = `digest ${message.digest}`;
  }
}

function row(component) {
  const cells = [component.name, component.arrivals.toLocaleString("en")];
  const utilization = component.capacity_ns > 0 ? component.busy_ns / component.capacity_ns : NaN;
  const failed = component.timeout + component.rejected + component.shed + component.failed;
  cells.push(Number.isNaN(utilization) ? "–" : `${(utilization * 100).toFixed(1)} %`);
  cells.push(component.queue.toLocaleString("en"), component.queue_max.toLocaleString("en"), failed.toLocaleString("en"));
  const tr = document.createElement("tr");
  tr.append(...cells.map((text) => Object.assign(document.createElement("td"), { textContent: text })));
  tr.style.setProperty("--load", Number.isNaN(utilization) ? 0 : Math.min(utilization, 1));
  return tr;
}
