// @ts-check
// Paints what changes a few times a second: zones, edges and their labels, components. In units of the scene.

import { pointAt } from "./curve.mjs";
import { count, rate } from "../panels/numbers.mjs";
import { brief, briefShare } from "./parts.mjs";

const [TILES_MAX, TILES_ROW] = [24, 12];
/** Below this scale a component shows what can still be read. */
const AFAR = 0.85;
/** By how much of its size what was done to a component is written above it. */
const ABOVE = 1.65;
const SIGNS = { busy: "◐ busy", failing: "■ failing", full: "◆ full", down: "✕ down" };

/** Whether an edge is chosen, under the pointer, or at the component that is. */
const isLit = (edge, { selected, hovered }) => edge === selected || edge === hovered || (selected?.w && (edge.from === selected.id || edge.to === selected.id));

export function paintEdges(pen, parts, view) {
  const { theme } = pen;
  for (const { x, y, w, h, name } of parts.groups) {
    pen.faint(0.03, () => pen.box(x, y, w, h, 12, theme.text));
    pen.box(x, y, w, h, 12, "", theme.line);
    const size = labelSize(pen.scale);
    pen.text(x + 12, y + 6 + size, name, { size, weight: 500, color: theme.muted, max: w - 24 });
  }
  for (const edge of parts.edges) paintEdge(pen, parts, edge, isLit(edge, view));
}

function paintEdge(pen, parts, edge, lit) {
  const { ctx, theme, scale } = pen;
  const { xy, faults } = edge;
  const bad = edge.failed > 0.05;
  const color = lit ? theme.accent : bad ? theme.bad : theme.muted;
  const width = Math.max(widthOf(edge), 1 / scale);
  const cut = faults.some((fault) => /partition|cut|disconnect/.test(fault));
  const lossy = faults.some((fault) => /loss|drop/.test(fault));
  ctx.globalAlpha = lit ? 0.7 : bad ? 0.45 : 0.3;
  trace(ctx, edge, parts.moving);
  pen.stroke(color, width, cut ? [2, 7] : lossy ? [9, 5] : edge.now.attempts_rps > 0 ? [] : [3, 4]);
  const [px, py, , , x, y] = xy.subarray(-6);
  const size = (5 + width) / (Math.hypot(x - px, y - py) || 1);
  const [dx, dy] = [(x - px) * size, (y - py) * size];
  pen.line(x, y, x - dx - dy / 2, y - dy + dx / 2, x - dx + dy / 2, y - dy - dx / 2);
  pen.fill(color);
  ctx.globalAlpha = 1;
}

/** Wider by the logarithm of the rate: 1 at rest, 4 at ten thousand calls a second. */
export function widthOf({ now }) {
  return 1 + Math.min(Math.log10(1 + (now.attempts_rps || 0)) * 0.75, 4.5);
}

function trace(ctx, { xy, curve: { bezier } }, moving) {
  ctx.beginPath();
  ctx.moveTo(xy[0], xy[1]);
  if (moving) for (let i = 2; i < xy.length; i += 2) ctx.lineTo(xy[i], xy[i + 1]);
  else for (let i = 2; i < bezier.length; i += 6) ctx.bezierCurveTo(...bezier.slice(i, i + 6));
}

/** Breakers, faults and numbers on the edges; no label touches another, nor a component where it can be helped. */
export function paintLabels(pen, { nodes, edges }, view) {
  const gap = 2 / pen.scale;
  const above = labelSize(pen.scale) * ABOVE;
  const taken = nodes.map(({ x, y, w, h, faults }) => [x - gap, y - gap - (faults[0] ? above : 0), w + 2 * gap, h + 2 * gap + (faults[0] ? above : 0)]);
  for (const edge of edges) if (!["none", undefined].includes(edge.now.breaker)) breaker(pen, edge);
  for (const edge of edges) {
    const { faults, failed, now } = edge;
    const words = faults.map((fault) => `${/partition|cut|disconnect/.test(fault) ? "✕" : "◉"} ${fault}`);
    const all = view.labels || isLit(edge, view);
    if (now.attempts_rps > 0 && (all || view.still)) words.push(rate(now.attempts_rps));
    if (now.latency_s > 0 && all) words.push(brief(now.latency_s));
    if (failed >= (all ? 0.001 : 0.05)) words.push(`■ ${briefShare(failed)}`);
    if (words.length) label(pen, edge, words, failed >= 0.05 || faults.length, taken);
  }
}

/** Labels keep a size of the screen, unless that would hide what they label. */
const labelSize = (scale) => Math.min(Math.max(10 / scale, Math.min(11, 13 / scale)), 26);

/** On its edge, with its fault or the last of its words alone where all of them have no room; or else beside it, if there is room or a fault to be told. */
function label(pen, { xy, faults }, words, bad, taken) {
  const { theme } = pen;
  const size = labelSize(pen.scale);
  const h = size * 1.7;
  const on = [0.5, 0.38, 0.62, 0.27, 0.73].map((t) => pointAt(xy, t));
  const aside = [-1.2, 1.2, -2, 2, -3.5, 3.5].map((by) => [on[0][0], on[0][1] + by * h]);
  const put = (spots, text) => {
    const w = pen.width(text, pen.font(size, bad ? 600 : 500)) + size;
    return spots.map(([x, y]) => ({ text, w, x: x - w / 2, y: y - h / 2 }));
  };
  const places = [...put(on, words.join("  ")), ...put([...on, ...aside], words.at(faults.length ? 0 : -1))];
  const free = (at) => taken.every(([x, y, w, tall]) => at.x > x + w || x > at.x + at.w || at.y > y + tall || y > at.y + h);
  const place = places.find(free) ?? (faults.length && places[on.length]);
  if (!place) return;
  const { text, x, y, w } = place;
  taken.push([x, y, w, h]);
  pill(pen, x, y, text, w, bad ? theme.bad : theme.text, theme.surface, bad ? theme.bad : theme.line);
}

function pill(pen, x, y, text, w, color, fill, stroke) {
  const size = labelSize(pen.scale);
  pen.box(x, y, w, size * 1.7, size, fill, stroke);
  pen.text(x + size / 2, y + size * 1.21, text, { size, weight: color === pen.theme.text ? 500 : 600, color, max: w - size + 1 });
}

/** A switch: lever down is closed, half up is half open, up is open. */
function breaker(pen, { xy, curve, now }) {
  const { theme, hair, scale } = pen;
  const k = Math.max(1, Math.min(1 / scale, 1.6)); // as large from afar, if there is room
  const [x, y] = pointAt(xy, Math.min((24 * k) / curve.length, 0.3));
  const lift = { open: 6.5, half_open: 3.5 }[now.breaker] ?? 0;
  const color = lift > 5 ? theme.bad : lift ? theme.warn : theme.muted;
  pen.box(x - 11 * k, y - 7 * k, 22 * k, 14 * k, 7 * k, theme.surface, lift ? color : theme.line, hair, now.breaker === "half_open" ? [3, 2] : []);
  pen.ctx.beginPath();
  for (const side of [-5, 5]) pen.circle(x + side * k, y + 1.5 * k, 1.5 * k);
  pen.fill(color);
  pen.line(x - 5 * k, y + 1.5 * k, x + (5 - lift * 0.35) * k, y + (1.5 - lift) * k);
  pen.stroke(color, 1.5 * k);
}

export function paintNodes(pen, { nodes }, view) {
  for (const node of nodes) {
    frame(pen, node, view);
    face(pen, node);
    if (view.pins.has(node.name)) pin(pen, node);
  }
  for (const node of nodes) if (node.faults.length) struck(pen, node);
}

function frame(pen, node, { selected, hovered }) {
  const { theme, hair } = pen;
  const { x, y, w, h, now: { state } } = node;
  const radius = node.source ? h / 2 : 8;
  if (node === selected) pen.faint(0.2, () => pen.box(x - 3.5, y - 3.5, w + 7, h + 7, radius + 3.5, "", theme.accent, 4));
  pen.box(x, y, w, h, radius, theme.surface);
  if (state === "full") pen.faint(0.07, () => pen.box(x, y, w, h, radius, theme.bad));
  const color = node === selected ? theme.accent : (colorOf(pen, state) ?? (node === hovered ? theme.muted : theme.line));
  pen.box(x, y, w, h, radius, "", color, hair + ({ busy: 0.5, failing: 0.5, full: 1.5, down: 0.5 }[state] ?? (node === selected ? 0.5 : 0)), state === "down" ? [5, 4] : []);
}

/** Name, load, rate and what matters most; near by also kind or state. From afar in sizes of the screen, or only name and load. */
function face(pen, node) {
  const { theme, scale } = pen;
  const { x, y, w, h, kind, now, source } = node;
  const far = scale < AFAR;
  const two = h * scale > (source ? 25 : 33);
  const [large, small] = far ? [Math.min(11 / scale, 28), Math.min(10 / scale, 26)] : [13, 12];
  const [left, right] = [x + (two && !source ? 17 : far ? 7 : 10), x + w - (far ? 7 : 11)];
  const color = colorOf(pen, now.state);
  const name = two || !color ? node.name : `${SIGNS[now.state][0]} ${node.name}`;
  const top = y + (!two ? large * 0.37 + h * (now.utilization == null ? 0.5 : 0.4) : source ? h / 2 - 3 : far ? 6 + large * 0.74 : 20);
  const line = y + (source ? h / 2 + small + 1 : h - 7.5);
  const long = pen.width(name, pen.font(large, 600));
  const mark = two && scale > 0.6 && (!far || long + large * 1.4 <= right - left) ? large * 1.4 : 0;
  const room = right - left - mark;
  const begin = source ? x + (w - mark - Math.min(long, room)) / 2 : left;
  if (mark) pen.glyph(source ? "client" : kind, begin, top - large * 0.87, large, color ?? theme.muted);
  pen.text(begin + mark, top, name, { size: large * Math.min(Math.max(room / long, 0.75), 1), weight: 600, color: now.state === "down" ? theme.down : theme.text, max: room });
  if (!two) return now.utilization != null && bar(pen, left, y + h - 14, right - left, Math.min(3 / scale, 9), now.utilization, color ?? theme.muted);
  if (source) return pen.text(x + w / 2, line, rate(now.arrivals_rps), { size: small, weight: 500, align: 0.5 });
  const under = far ? top : y + 35;
  if (!far) condition(pen, node, left, right, under, color);
  tiles(pen, node, left, under + 3, right, line - small * 0.74 - under - 6);
  if (now.queue >= 1 || (now.queue_capacity != null && !far)) stack(pen, node);
  numbers(pen, node, left, right, line, small, far && color);
}

/** State or kind, how many wait, utilization. */
function condition(pen, { kind, now: { state, queue, utilization } }, left, right, y, color) {
  const { theme } = pen;
  const small = { size: 11, weight: color ? 600 : 400, color };
  if (utilization != null && !(color && queue >= 1) && state !== "down") right -= pen.text(right, y, briefShare(utilization), { ...small, color: theme.text, align: 1 }) + 8;
  if (color) left += pen.text(left, y, SIGNS[state], small) + 8;
  const words = queue >= 1 ? [`${count(queue)} waiting`, `≡ ${count(queue)}`] : color ? [] : [kind.replaceAll("_", " ")];
  pen.text(left, y, words.find((text) => pen.width(text, pen.font(11)) <= right - left) ?? "", { size: 11, color: theme.muted });
}

/** The rate and, if there is room, p99. What is wrong comes first. */
function numbers(pen, { failed, now }, left, right, y, size, color) {
  const { theme } = pen;
  const rps = { text: rate(now.arrivals_rps), weight: 500 };
  const bad = failed >= 0.01 ? [{ text: `■ ${briefShare(failed)}`, weight: 600, color: theme.bad }] : [];
  const p99 = now.p99_s > 0 ? [...(size > 12 ? [] : [`p99 ${brief(now.p99_s)}`]), brief(now.p99_s)].map((text) => ({ text, weight: 400, color: theme.muted })) : [];
  const [first, ...rest] = color && now.state !== "failing" ? [{ text: SIGNS[now.state], weight: 600, color }, ...bad] : failed >= 0.05 && size > 12 ? [...bad, rps] : [rps, ...(bad[0] ? bad : p99)];
  left += pen.text(left, y, first.text, { ...first, size, max: right - left }) + size * 0.6;
  const more = rest.find(({ text, weight }) => pen.width(text, pen.font(size, weight)) <= right - left);
  if (more) pen.text(right, y, more.text, { ...more, size, align: 1 });
}

function colorOf({ theme }, state) {
  return { busy: theme.warn, failing: theme.bad, full: theme.bad, down: theme.down }[state];
}

/** At the left edge the queue grows in steps one can count from afar. */
function stack(pen, { x, y, h, now: { queue, queue_capacity } }) {
  const { theme } = pen;
  const share = Math.min(queue / (queue_capacity || Math.max(queue * 2, 20)), 1);
  const filled = queue >= 1 ? Math.max(1, Math.round((share * (h - 15)) / 4)) : 0;
  pen.faint(0.09, () => pen.box(x + 6, y + 8, 4, h - 16, 2, theme.text));
  for (let i = 1; i <= filled; i++) pen.box(x + 6, y + h - 7 - i * 4, 4, 3, 0, share > 0.9 ? theme.bad : share > 0.5 ? theme.warn : theme.muted);
}

/** A tile for each replica, zone by zone, filled by utilization, hollow when it is down; one of them, or very many, are a bar. */
function tiles(pen, { gone, zones, now: { replicas, serving, state, utilization } }, left, top, right, free) {
  const { theme } = pen;
  if (utilization == null && replicas <= 1) return;
  const color = colorOf(pen, state) ?? theme.muted;
  const many = replicas > TILES_MAX;
  const rows = replicas > TILES_ROW && free > 14 && !many ? 2 : 1;
  const high = replicas > 1 ? Math.min((free - 3 * (rows - 1)) / rows, 11) : 3.5;
  top += (free - rows * (high + 3) + 3) / 2;
  if (many && pen.scale >= AFAR) right -= pen.text(right, top + 9, `×${count(replicas)}`, { size: 11, align: 1, color: theme.muted }) + 8;
  const share = Math.min(utilization ?? 0, 1);
  if (many || replicas <= 1) return bar(pen, left, top, right - left, high, (share * serving) / Math.max(replicas, 1), color);
  const each = Math.ceil(replicas / rows);
  const gap = each > TILES_ROW ? 2 : 3;
  const apart = rows > 1 ? 0 : Math.min(6, 24 / zones);
  const wide = Math.min((right - left + gap - apart * (zones - 1)) / each - gap, 18);
  for (let place = 0, zone = 0, i = 0; place < replicas; place++, i += zones) {
    if (i >= replicas) i = ++zone;
    const [x, y] = [left + (place % each) * (wide + gap) + zone * apart, top + Math.floor(place / each) * (high + 3)];
    const up = i < serving && state !== "down" && !gone?.(i);
    if (up) pen.faint(0.09, () => pen.box(x, y, wide, high, 1, theme.text));
    if (up && share) pen.box(x, y + high * (1 - share), wide, high * share, 1, color);
    if (up) continue;
    pen.box(x + 0.5, y + 0.5, wide - 1, high - 1, 1, "", theme.down, 1);
    pen.line(x + 1, y + high - 1, x + wide - 1, y + 1);
    pen.stroke(theme.down, 1);
  }
}

function bar(pen, x, y, w, h, share, color) {
  pen.faint(0.09, () => pen.box(x, y, w, h, 2, pen.theme.text));
  if (share > 0) pen.box(x, y, Math.max(w * Math.min(share, 1), 2), h, 2, color);
}

function pin(pen, { x, y, w }) {
  pen.line(x + w - 11, y + 9, x + w - 11, y + 17);
  pen.stroke(pen.theme.accent, 1.25);
  pen.ctx.beginPath();
  pen.circle(x + w - 11, y + 9, 2.5);
  pen.fill(pen.theme.accent);
}

/** What was done to a component stays written above it. */
function struck(pen, { x, y, w, faults }) {
  const { theme } = pen;
  const size = labelSize(pen.scale);
  const text = `◉ ${faults.join(", ")}`;
  pill(pen, x + 10, y - size * ABOVE, text, Math.min(pen.width(text, pen.font(size, 600)) + size, Math.max(w - 20, 100 / pen.scale)), theme.surface, theme.bad, "");
}
