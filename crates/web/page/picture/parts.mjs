// @ts-check
// What is drawn: the nodes and edges of a scene, where they are, and what each shows now.

import { count, rate, time } from "../panels/numbers.mjs";
import { curveThrough } from "./curve.mjs";

/** Rounder than elsewhere: it changes while one looks. */
export const briefShare = (share) => `${share > 0 && share < 0.01 ? (share * 100).toFixed(1) : Math.round(share * 100)}\u202f%`;

export const brief = (s) => time(s).replace(/^(\d\d(?=\.)|\d\.\d)\.?\d(?=\u202f)/, "$1");

/** The parts of a scene; those that were there before start where they were. */
export function partsOf(scene, meta, before, pins) {
  const old = new Map([...(before?.nodes ?? []), ...(before?.edges ?? [])].map((part) => [part.name, part]));
  const nodes = scene.nodes.map((node) => {
    const goal = pins.get(node.name) ?? [node.x, node.y];
    const was = old.get(node.name);
    const { replicas = 1, zones = 1 } = meta.components[node.id] ?? {};
    return { faults: [], failed: 0, now: { state: "ok", serving: replicas, replicas }, ...was, ...node, zones, laid: [node.x, node.y], goal, start: was ? [was.x, was.y] : goal };
  });
  const edges = scene.edges.map((edge) => {
    const { name, balance } = meta.edges[edge.id];
    const was = old.get(name);
    return { faults: [], failed: 0, now: {}, ...was, ...edge, name, balance, start: was?.xy };
  });
  const parts = { groups: [], ...scene, nodes, edges, moving: false };
  for (const edge of edges) route(parts, edge);
  return parts;
}

/** The curve of an edge between its nodes as they stand; inner points follow a moved end, the less the farther away. */
export function route({ nodes }, edge) {
  const ends = [nodes[edge.from], nodes[edge.to]].map(({ goal: [x, y], laid, w, h }) => ({ x, y, w, h, dx: x - laid[0], dy: y - laid[1] }));
  const [a, b] = ends;
  const last = edge.points.length - 1;
  const points = edge.points.map(([x, y], i) => [x + a.dx + ((b.dx - a.dx) * i) / last, y + a.dy + ((b.dy - a.dy) * i) / last]);
  edge.curve = curveThrough(points, a, b);
  edge.xy = edge.curve.xy;
}

/** Moves everything to `share` of its way from where it was. */
export function follow(parts, share) {
  const mix = (a, b) => a + (b - a) * share;
  parts.moving = share < 1;
  for (const node of parts.nodes) [node.x, node.y] = node.goal.map((goal, k) => mix(node.start[k], goal));
  for (const edge of parts.edges) edge.xy = parts.moving && edge.start ? edge.curve.xy.map((goal, i) => mix(edge.start[i], goal)) : edge.curve.xy;
}

/** A wide scene for a tall screen: what went to the right goes down. */
export function turned(scene) {
  let wide = 1;
  for (const a of scene.nodes) {
    for (const b of scene.nodes) {
      const apart = b.y + b.h / 2 - a.y - a.h / 2;
      if (apart > 0 && a.x < b.x + b.w && b.x < a.x + a.w) wide = Math.max(wide, ((a.w + b.w) / 2 + 14) / apart);
    }
  }
  const turn = ([x, y]) => [y * wide, x * 0.55];
  const nodes = scene.nodes.map((node) => {
    const [x, y] = turn([node.x + node.w / 2, node.y + node.h / 2]);
    return { ...node, x: x - node.w / 2, y: y - node.h / 2 };
  });
  const ends = (id, y, below) => [nodes[id].x + ((y - scene.nodes[id].y) / nodes[id].h) * nodes[id].w, nodes[id].y + below * nodes[id].h];
  const edges = scene.edges.map((edge) => {
    const { points, from, to } = edge;
    return { ...edge, points: [ends(from, points[0][1], 1), ...points.slice(1, -1).map(turn), ends(to, points.at(-1)[1], 0)] };
  });
  return { nodes, edges, groups: [] };
}

/** From where to where there is something, and a margin: above, for what strikes. */
export function extent({ nodes, groups }) {
  const all = [...nodes, ...groups];
  const [left, top] = [Math.min(...all.map(({ x }) => x)) - 24, Math.min(...all.map(({ y }) => y)) - 32];
  return { left, top, width: Math.max(...all.map(({ x, w }) => x + w)) + 24 - left, height: Math.max(...all.map(({ y, h }) => y + h)) + 24 - top };
}

/**
 * Takes over what the system does now; what has struck it is shown for a while, what still does is active.
 * @returns the parts that broke or were struck since the last time
 */
export function read({ nodes, edges }, live, shown, active) {
  const all = [...nodes, ...edges];
  for (const part of all) Object.assign(part, { faults: [], gone: null, was: part.faults, up: part.now.state !== "down" });
  for (const label of shown) strike(all, label, active.has(label));
  for (const edge of edges) {
    edge.now = live.edge(edge.id);
    const { failed_rps, timeouts_rps, lost_rps, refused_rps = 0, ok_rps } = edge.now;
    const bad = failed_rps + timeouts_rps + lost_rps + refused_rps;
    edge.failed = bad / (bad + ok_rps) || 0;
  }
  for (const node of nodes) readNode(node, edges, live);
  return all.filter((part) => (part.up && part.now.state === "down") || part.faults.some((fault) => !part.was.includes(fault)));
}

function readNode(node, edges, live) {
  if (!node.source) {
    node.now = live.component(node.id);
    node.failed = node.now.failed;
    return;
  }
  const out = edges.filter(({ from }) => from === node.id);
  const arrivals_rps = out.reduce((sum, { now }) => sum + now.attempts_rps, 0);
  node.now = { state: "ok", arrivals_rps };
  node.failed = out.reduce((sum, { now, failed }) => sum + failed * now.attempts_rps, 0) / arrivals_rps || 0;
}

/** A label says what strikes where: "flush redis", "crash risk[0..1]", "partition rooms -> store". Replicas are gone while it does. */
function strike(all, label, is_active) {
  const [, what = "", where, range = ""] = /^(.+?)(?: on)? ([^\s[]+(?: [~-]> \S+)?)(\[.*\])?(?: for \S+)?$/.exec(label) ?? [];
  const plain = (name) => name?.replace(/\s*[~-]>\s*/, "->");
  const part = all.find(({ name }) => plain(name) === plain(where));
  if (!part) return;
  part.faults.push(what + range.replace(/[[\]]/g, " ").trimEnd());
  if (!is_active || !/crash|hang|outage|restart/.test(what)) return;
  const [of, others] = [among(range, part), part.gone];
  part.gone = (i) => of(i) || others?.(i);
}

/** Whether a replica is one of "[2]", "[0..1]", "[25%]", "[zone 1]"; all are of "". */
function among(range, { zones, now: { replicas } }) {
  const [first, last = first] = (range.match(/\d+(\.\d+)?/g) ?? []).map(Number);
  if (/zone/.test(range)) return (i) => i % zones === first;
  if (/%/.test(range)) return (i) => i < (first / 100) * replicas;
  return (i) => range === "" || (i >= first && i <= last);
}

/** What a part is, with the whole of its name. */
export const titleOf = ({ name, source, kind, balance }) => [name.replace(/[~-]>/, " → "), source ? "traffic" : kind?.replaceAll("_", " "), balance].filter(Boolean).join(", ");

/** What is said of a part: the same that is drawn. */
export function saying({ name, title, kind, source, w, balance, now, failed, faults }) {
  const broken = [failed >= 0.001 && `${briefShare(failed)} failed`, ...faults];
  const words = w
    ? [name, title, source ? "traffic" : kind, rate(now.arrivals_rps), now.utilization != null && `${briefShare(now.utilization)} busy`,
      now.queue >= 1 && `${count(now.queue)} waiting`, now.serving < now.replicas && `${now.serving} of ${now.replicas} replicas`, ...broken, now.state]
    : [name.replace(/[~-]>/, " to "), balance, rate(now.attempts_rps), now.latency_s > 0 && brief(now.latency_s), now.breaker > "" && now.breaker !== "none" && `breaker ${now.breaker.replace("_", " ")}`, ...broken];
  return words.filter(Boolean).join(", ").replaceAll("\u202f", " ");
}
