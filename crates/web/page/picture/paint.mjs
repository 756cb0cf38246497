// @ts-check
// Paints what changes a few times a second: zones, edges and their labels, components. In units of the scene.

import { pointAt } from "./curve.mjs";
import { count, rate } from "../panels/numbers.mjs";
import { brief, percent } from "./parts.mjs";

const [TILES_MAX, TILES_ROW] = [24, 12];
/** Below this scale a component shows what can still be read. */
const AFAR = 0.85;
const SIGNS = { busy: "◐ busy", full: "◆ full", down: "✕ down" };

const colorOf = ({ theme }, state) => ({ busy: theme.warn, full: theme.bad, down: theme.down })[state];

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

/** Breakers, faults and numbers on the edges; no label covers another, nor a component where it can be helped. */
export function paintLabels(pen, { nodes, edges }, view) {
  const taken = nodes.map(({ x, y, w, h }) => [x, y, w, h]);
  for (const edge of edges) if (!["none", undefined].includes(edge.now.breaker)) breaker(pen, edge);
  for (const edge of edges) {
    const { faults, failed, now } = edge;
    const words = faults.map((fault) => `${/partition|cut|disconnect/.test(fault) ? "✕" : "◉"} ${fault}`);
    const all = view.labels || isLit(edge, view);
    if (now.attempts_rps > 0 && (all || view.still)) words.push(rate(now.attempts_rps));
    if (now.latency_s > 0 && all) words.push(brief(now.latency_s));
    if (failed >= (all ? 0.001 : 0.05)) words.push(`■ ${percent(failed)}`);
    if (words.length) label(pen, edge, words.join("  "), failed >= 0.05 || faults.length, taken);
  }
}

/** Labels keep a size of the screen, unless that would hide what they label. */
const labelSize = (scale) => Math.min(Math.max(10 / scale, Math.min(11, 13 / scale)), 26);

function label(pen, { xy }, text, bad, taken) {
  const { theme } = pen;
  const size = labelSize(pen.scale);
  const [w, h] = [pen.width(text, pen.font(size, bad ? 600 : 500)) + size, size * 1.7];
  const places = [0.5, 0.38, 0.62, 0.27, 0.73].map((t) => pointAt(xy, t)).map(([x, y]) => [x - w / 2, y - h / 2, w, h]);
  const free = (a) => taken.every((b) => a[0] > b[0] + b[2] || b[0] > a[0] + w || a[1] > b[1] + b[3] || b[1] > a[1] + h);
  const [x, y] = places.find(free) ?? places[0];
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
  const { theme, hair } = pen;
  const [x, y] = pointAt(xy, Math.min(24 / curve.length, 0.3));
  const lift = { open: 6.5, half_open: 3.5 }[now.breaker] ?? 0;
  const color = lift > 5 ? theme.bad : lift ? theme.warn : theme.muted;
  pen.box(x - 11, y - 7, 22, 14, 7, theme.surface, lift ? color : theme.line, hair, now.breaker === "half_open" ? [3, 2] : []);
  pen.ctx.beginPath();
  pen.circle(x - 5, y + 1.5, 1.5);
  pen.circle(x + 5, y + 1.5, 1.5);
  pen.fill(color);
  pen.line(x - 5, y + 1.5, x + 5 - lift * 0.35, y + 1.5 - lift);
  pen.stroke(color, 1.5);
}

export function paintNodes(pen, { nodes }, view) {
  for (const node of nodes) {
    frame(pen, node, view);
    if (pen.scale < AFAR) afar(pen, node);
    else if (node.source) source(pen, node);
    else near(pen, node);
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
  pen.box(x, y, w, h, radius, "", color, hair + ({ busy: 0.5, full: 1.5, down: 0.5 }[state] ?? (node === selected ? 0.5 : 0)), state === "down" ? [5, 4] : []);
}

/** Name; state or kind, queue and utilization; replicas; rate and p99. */
function near(pen, node) {
  const { theme } = pen;
  const { x, y, w, h, name, kind, now: { state, queue, queue_capacity: room, utilization, replicas } } = node;
  let [left, right] = [x + 18, x + w - 12];
  const color = colorOf(pen, state);
  pen.glyph(kind, left - 1, y + 8, 14, color ?? theme.muted);
  pen.text(left + 19, y + 20, name, { size: 13, weight: 600, color: state === "down" ? theme.down : theme.text, max: right - left - 19 });
  if (state !== "down" || replicas > 1) tiles(pen, node, left, y + 40, right);
  numbers(pen, node, left, right, y + h - 7.5);
  if (room != null || queue >= 1) stack(pen, node);
  const small = { size: 11, weight: color ? 600 : 400, color };
  if (utilization != null && !(color && queue >= 1) && state !== "down") right -= pen.text(right, y + 35, percent(utilization), { ...small, color: theme.text, align: 1 }) + 8;
  if (color) left += pen.text(left, y + 35, SIGNS[state], small) + 8;
  const waiting = [`${count(queue)} waiting`, `≡ ${count(queue)}`].find((text) => pen.width(text, pen.font(11)) <= right - left) ?? "";
  pen.text(left, y + 35, queue >= 1 ? waiting : color ? "" : kind.replaceAll("_", " "), { size: 11, color: theme.muted, max: right - left });
}

/** At the left edge the queue grows in steps one can count from afar. */
function stack(pen, { x, y, h, now: { queue, queue_capacity, replicas } }) {
  const { theme } = pen;
  const share = Math.min(queue / (queue_capacity * replicas || Math.max(queue * 2, 20)), 1);
  const filled = queue >= 1 ? Math.max(1, Math.round((share * (h - 15)) / 4)) : 0;
  pen.faint(0.09, () => pen.box(x + 6, y + 8, 4, h - 16, 2, theme.text));
  for (let i = 1; i <= filled; i++) pen.box(x + 6, y + h - 7 - i * 4, 4, 3, 0, share > 0.9 ? theme.bad : share > 0.5 ? theme.warn : theme.muted);
}

/** A tile for each replica, filled by utilization, hollow when it is down; one of them, or very many, are a bar. */
function tiles(pen, { h, gone, now: { replicas, serving, state, utilization } }, left, top, right, room = h - 69) {
  const { theme } = pen;
  const share = Math.min(utilization ?? 0, 1);
  const color = colorOf(pen, state) ?? theme.muted;
  const many = replicas > TILES_MAX;
  if (utilization == null && replicas <= 1) return;
  if (many && pen.scale >= AFAR) right -= pen.text(right, top + 9, `×${count(replicas)}`, { size: 11, align: 1, color: theme.muted }) + 8;
  if (many || replicas <= 1) return bar(pen, left, top, right - left, many ? Math.min(room, 10) : 3.5, (share * serving) / Math.max(replicas, 1), color);
  const rows = replicas > TILES_ROW && room > 14 ? 2 : 1;
  const [high, each] = [Math.min((room - 3 * (rows - 1)) / rows, 11), Math.ceil(replicas / rows)];
  const gap = each > TILES_ROW ? 2 : 3;
  const wide = Math.min((right - left + gap) / each - gap, 18);
  for (let i = 0; i < replicas; i++) {
    const [x, y] = [left + (i % each) * (wide + gap), top + Math.floor(i / each) * (high + 3)];
    if (i >= serving || state === "down" || (gone && i >= gone[0] && i <= gone[1])) {
      pen.box(x + 0.5, y + 0.5, wide - 1, high - 1, 1, "", theme.down, 1);
      pen.line(x + 1, y + high - 1, x + wide - 1, y + 1);
      pen.stroke(theme.down, 1);
    } else {
      pen.faint(0.09, () => pen.box(x, y, wide, high, 1, theme.text));
      if (share) pen.box(x, y + high * (1 - share), wide, high * share, 1, color);
    }
  }
}

function bar(pen, x, y, w, h, share, color) {
  pen.faint(0.09, () => pen.box(x, y, w, h, 2, pen.theme.text));
  if (share > 0) pen.box(x, y, Math.max(w * Math.min(share, 1), 2), h, 2, color);
}

/** What fails is more worth knowing than how slow the rest is. */
function numbers(pen, { failed, now }, left, right, y) {
  const { theme } = pen;
  left += pen.text(left, y, rate(now.arrivals_rps), { weight: 500 }) + 8;
  if (failed >= 0.01) right -= pen.text(right, y, `■ ${percent(failed)}`, { weight: 600, color: theme.bad, align: 1 }) + 8;
  const p99 = brief(now.p99_s);
  if (!(now.p99_s > 0) || pen.width(p99, pen.font(12, 500)) > right - left) return;
  right -= pen.text(right, y, p99, { weight: 500, align: 1 }) + 4;
  if (right - left > 20) pen.text(right, y, "p99", { size: 10, color: theme.muted, align: 1 });
}

/** Who sends the traffic. */
function source(pen, { x, y, w, h, name, now }) {
  const middle = y + h / 2;
  pen.glyph("client", x + 14, middle - 8, 16, pen.theme.muted);
  pen.text(x + 36, middle - 3, name, { size: 13, weight: 600, max: w - 48 });
  pen.text(x + 36, middle + 13, rate(now.arrivals_rps), { weight: 500 });
}

/** From afar less, in sizes of the screen: name, load, and what matters most; farther still only name and load. */
function afar(pen, node) {
  const { theme, scale } = pen;
  const { x, y, w, h, name, kind, failed, now, source } = node;
  const color = colorOf(pen, now.state);
  const [large, small] = [Math.min(11 / scale, 28), Math.min(10 / scale, 26)];
  const two = h * scale > (source ? 25 : 33);
  const line = y + h - (source ? 9 : 7);
  let [left, right] = [x + (two ? 16 : 10), x + w - 10];
  const top = two ? y + (source ? 5 : 6) + large * 0.74 : y + large * 0.37 + h * (now.utilization == null ? 0.5 : 0.4);
  const middle = { align: source ? 0.5 : 0, max: right - left };
  const bold = { ...middle, weight: 600, color: now.state === "down" ? theme.down : theme.text };
  const center = x + w / 2;
  const mark = two && !source && scale > 0.6 ? large * 1.3 : 0;
  if (mark) pen.glyph(kind, left, top - large * 0.83, large, color ?? theme.muted);
  const size = large * Math.max(Math.min((right - left - mark) / pen.width(name, pen.font(large, 600)), 1), 0.82);
  pen.text(source ? center : left + mark, top, name, { ...bold, size, max: right - left - mark });
  if (!two && now.utilization != null) bar(pen, left, y + h - 14, right - left, Math.min(3 / scale, 9), now.utilization, color ?? theme.muted);
  if (!two) return;
  if (source) return pen.text(center, line, rate(now.arrivals_rps), { ...middle, size: small, weight: 500 });
  const free = line - small * 0.74 - top - 6;
  const high = now.replicas > 1 ? Math.min(free, 11) : 3.5;
  tiles(pen, node, left, top + 3 + (free - high) / 2, right, high);
  if (now.queue >= 1) stack(pen, node);
  const bad = failed >= 0.01 && { text: `■ ${percent(failed)}`, weight: 600, color: theme.bad };
  const [main, more] = color ? [{ text: SIGNS[now.state], weight: 600, color }, bad] : bad && failed >= 0.05 ? [bad, { text: rate(now.arrivals_rps) }] : [{ text: rate(now.arrivals_rps), weight: 500 }, bad || now.p99_s > 0 && { text: brief(now.p99_s), color: theme.muted }];
  left += pen.text(left, line, main.text, { ...main, size: small, max: right - left }) + small * 0.6;
  if (more && pen.width(more.text, pen.font(small, more.weight)) < right - left) pen.text(right, line, more.text, { ...more, size: small, align: 1 });
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
  pill(pen, x + 10, y - size * 1.5, text, Math.min(pen.width(text, pen.font(size, 600)) + size, w - 20), theme.surface, theme.bad, "");
}
