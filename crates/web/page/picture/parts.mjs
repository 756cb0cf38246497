// @ts-check
// What is drawn: the nodes and edges of a scene, where they are now, and what each shows now.

import { curveThrough, stretch } from "./curve.mjs";
import { percent, rate, seconds, count } from "./numbers.mjs";

const NOTHING = { calls: 0, failed: 0, latency: null, breaker: "none", faults: [], text: "", label: "" };
const IDLE = {
  rps: NaN, failed: 0, p99: null, utilization: null, queue: 0, room: null, serving: 1, replicas: 1, state: "ok", faults: [], text: "",
};

/**
 * The parts of a scene; those that were there before start where they were.
 * @param {any} scene @param {any} meta @param {any} before @param {Map<string, number[]>} pins
 */
export function partsOf(scene, meta, before, pins) {
  const old = new Map((before?.nodes ?? []).map((node) => [node.name, node]));
  const nodes = scene.nodes.map((node) => {
    const [x, y] = pins.get(node.name) ?? [node.x, node.y];
    const was = old.get(node.name);
    const replicas = node.replicas ?? meta?.components[node.id]?.replicas ?? 1;
    return {
      ...node, x, y, replicas, laid: [node.x, node.y], goal: [x, y], start: was ? [was.x, was.y] : [x, y],
      shown: was?.shown ?? { ...IDLE, replicas, serving: replicas },
    };
  });
  const paths = new Map((before?.edges ?? []).map((edge) => [edge.name, edge]));
  const edges = scene.edges.map((edge) => {
    const name = meta?.edges[edge.id]?.name ?? `${nodes[edge.from].name}->${nodes[edge.to].name}`;
    const was = paths.get(name);
    return { ...edge, name, start: was?.xy, shown: was?.shown ?? NOTHING, xy: null, curve: null };
  });
  const parts = { nodes, edges, groups: scene.groups ?? [], width: scene.width, height: scene.height, moving: false };
  for (const edge of edges) route(parts, edge);
  return parts;
}

/** The curve of an edge between its nodes as they stand. */
export function route(parts, edge) {
  const [from, to] = [parts.nodes[edge.from], parts.nodes[edge.to]];
  const offset = (node) => [node.goal[0] - node.laid[0], node.goal[1] - node.laid[1]];
  const box = (node) => ({ x: node.goal[0], y: node.goal[1], w: node.w, h: node.h });
  edge.curve = curveThrough(stretch(edge.points, offset(from), offset(to)), box(from), box(to));
  edge.xy = edge.curve.xy;
}

/** Moves everything to `share` of its way from where it was. */
export function follow(parts, share) {
  const mix = (a, b) => a + (b - a) * share;
  parts.moving = share < 1;
  for (const node of parts.nodes) {
    node.x = mix(node.start[0], node.goal[0]);
    node.y = mix(node.start[1], node.goal[1]);
  }
  for (const edge of parts.edges) {
    edge.xy = parts.moving && edge.start ? edge.curve.xy.map((value, i) => mix(edge.start[i], value)) : edge.curve.xy;
  }
}

/** Takes over what the system does now. @returns the parts that broke or were struck since the last time */
export function read(parts, live) {
  const struck = [];
  for (const part of [...parts.nodes, ...parts.edges]) part.faults = [];
  for (const effect of live.effects ?? []) {
    for (const target of effect.targets ?? []) partOf(parts, target)?.faults.push(effect.label);
  }
  for (const edge of parts.edges) edge.shown = edgeShows(edge, live.edge(edge.id), struck);
  for (const node of parts.nodes) {
    node.shown = node.source ? sourceShows(parts, node, struck) : nodeShows(node, live.component(node.id), struck);
  }
  return struck;
}

/** An effect names what it strikes by index, by name, or as `{node}` or `{edge}`; of `redis[2]` it is redis. */
function partOf(parts, target) {
  if (typeof target === "number") return parts.nodes[target];
  if (typeof target === "object") {
    return target.edge != null ? (parts.edges.find((edge) => edge.id === target.edge) ?? partOf(parts, target.edge)) : partOf(parts, target.node ?? target.component ?? target.name);
  }
  const name = String(target).replace(/\[.*?\]|\s/g, "");
  return parts.nodes.find((node) => node.name === name) ?? parts.edges.find((edge) => edge.name === name);
}

function nodeShows(node, now, struck) {
  const ended = now.ok_rps + now.failed_rps;
  const failed = ended > 0 ? now.failed_rps / ended : 0;
  const shown = {
    rps: now.arrivals_rps, failed, p99: now.p99_s, utilization: now.utilization, queue: now.queue, room: now.queue_capacity,
    serving: now.serving ?? node.replicas, replicas: now.replicas ?? node.replicas, state: now.state, faults: short(node), text: "",
  };
  if (worse(shown, node.shown) || (shown.state === "down" && node.shown.state !== "down")) struck.push(node);
  shown.text = [
    node.name, node.kind, rate(now.arrivals_rps), now.utilization == null ? "" : `${percent(now.utilization)} busy`,
    shown.queue >= 1 ? `${count(shown.queue)} waiting` : "", failed >= 0.001 ? `${percent(failed)} failed` : "",
    shown.serving < shown.replicas ? `${shown.serving} of ${shown.replicas} replicas` : "", shown.state, ...shown.faults,
  ].filter(Boolean).join(", ").replaceAll("\u202f", " ");
  return shown;
}

function sourceShows(parts, node, struck) {
  const out = parts.edges.filter((edge) => edge.from === node.id);
  const rps = out.reduce((sum, edge) => sum + edge.shown.calls, 0);
  const failed = rps > 0 ? out.reduce((sum, edge) => sum + edge.shown.failed * edge.shown.calls, 0) / rps : 0;
  const shown = { ...IDLE, rps, failed, faults: short(node) };
  if (worse(shown, node.shown)) struck.push(node);
  shown.text = [node.name, "traffic", rate(rps), failed >= 0.001 ? `${percent(failed)} failed` : "", ...shown.faults].filter(Boolean).join(", ").replaceAll("\u202f", " ");
  return shown;
}

function edgeShows(edge, now, struck) {
  const bad = now.failed_rps + now.timeouts_rps + now.lost_rps;
  const failed = bad > 0 ? bad / Math.max(bad + now.ok_rps, 1e-9) : 0;
  const errors = failed >= 0.001 ? `${percent(failed)} failed` : "";
  const shown = {
    calls: now.attempts_rps || now.calls_rps, failed, latency: now.latency_s, breaker: now.breaker ?? "none", faults: short(edge), text: "",
    label: [rate(now.attempts_rps || now.calls_rps), now.latency_s > 0 ? seconds(now.latency_s) : "", errors].filter(Boolean).join("  "),
  };
  if (worse(shown, edge.shown)) struck.push(edge);
  const breaker = shown.breaker === "none" ? "" : `breaker ${shown.breaker.replace("_", " ")}`;
  shown.text = [edge.name.replace("->", " to "), ...shown.label.split("  "), breaker, ...shown.faults].filter(Boolean).join(", ").replaceAll("\u202f", " ");
  return shown;
}

/** "flush on redis", written on redis, is "flush". */
function short(part) {
  return part.faults.map((label) => label.replace(/ on \S+( for \S+)?$/, ""));
}

function worse(now, before) {
  return now.faults.some((fault) => !before.faults.includes(fault));
}
