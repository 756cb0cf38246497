// @ts-check
// Paints what changes a few times a second: zones, edges and their labels, components. In units of the scene.

import { pointAt } from "./curve.mjs";
import { count, percent, rate, seconds } from "./numbers.mjs";

const [TILES_MAX, TILES_ROW] = [24, 12];
const SIGNS = { busy: "◐ busy", full: "◆ full", down: "✕ down" };

/** @typedef {import("./pen.mjs").Pen} Pen */

export function paintGroups(pen, parts) {
  const { theme } = pen;
  for (const group of parts.groups) {
    pen.faint(0.03, () => pen.box(group.x, group.y, group.w, group.h, 12, theme.text));
    pen.box(group.x, group.y, group.w, group.h, 12, "", theme.line);
    const size = Math.max(11, 9.5 / pen.scale);
    pen.text(group.x + 12, group.y + 8 + size * 0.8, group.name, { size, weight: 500, color: theme.muted, max: group.w - 24 });
  }
}

/** @param {Pen} pen @param {any} view what is selected, under the pointer, always labelled */
export function paintEdges(pen, parts, view) {
  for (const edge of parts.edges) {
    const lit = view.isLit(edge);
    const color = lit ? pen.theme.accent : edge.shown.failed > 0.05 ? pen.theme.bad : pen.theme.muted;
    const width = Math.max(widthOf(edge), 1 / pen.scale);
    const cut = edge.shown.faults.some((fault) => /partition|cut|disconnect/.test(fault));
    const lossy = edge.shown.faults.some((fault) => /loss|drop/.test(fault));
    pen.ctx.globalAlpha = lit ? 0.7 : edge.shown.failed > 0.05 ? 0.45 : 0.3;
    trace(pen.ctx, parts, edge);
    pen.stroke(color, width, cut ? [2, 7] : lossy ? [9, 5] : edge.shown.calls > 0 ? [] : [3, 4]);
    arrow(pen, edge, color, width);
    pen.ctx.globalAlpha = 1;
    if (cut) scissors(pen, edge);
  }
}

/** Wider by the logarithm of the rate: 1 at rest, 4 at ten thousand calls a second. */
export function widthOf(edge) {
  return 1 + Math.min(Math.log10(1 + (edge.shown.calls || 0)) * 0.75, 4.5);
}

function trace(ctx, parts, edge) {
  ctx.beginPath();
  if (parts.moving) {
    ctx.moveTo(edge.xy[0], edge.xy[1]);
    for (let i = 2; i < edge.xy.length; i += 2) ctx.lineTo(edge.xy[i], edge.xy[i + 1]);
    return;
  }
  const { bezier } = edge.curve;
  ctx.moveTo(bezier[0], bezier[1]);
  for (let i = 2; i < bezier.length; i += 6) ctx.bezierCurveTo(bezier[i], bezier[i + 1], bezier[i + 2], bezier[i + 3], bezier[i + 4], bezier[i + 5]);
}

function arrow({ ctx }, edge, color, width) {
  const { xy } = edge;
  const [x, y, px, py] = [xy[xy.length - 2], xy[xy.length - 1], xy[xy.length - 6], xy[xy.length - 5]];
  const length = Math.hypot(x - px, y - py) || 1;
  const [ux, uy] = [(x - px) / length, (y - py) / length];
  const size = 5 + width;
  ctx.fillStyle = color;
  ctx.beginPath();
  ctx.moveTo(x, y);
  ctx.lineTo(x - ux * size - uy * size * 0.5, y - uy * size + ux * size * 0.5);
  ctx.lineTo(x - ux * size + uy * size * 0.5, y - uy * size - ux * size * 0.5);
  ctx.fill();
}

/** Two bars where nothing gets through. */
function scissors(pen, edge) {
  const [x, y] = pointAt(edge.xy, 0.5);
  pen.ctx.beginPath();
  for (const dx of [-3, 3]) {
    pen.ctx.moveTo(x + dx - 2, y + 7);
    pen.ctx.lineTo(x + dx + 2, y - 7);
  }
  pen.stroke(pen.theme.bad, 2);
}

/** Breakers, faults and numbers on the edges; no label covers another, nor a component where it can be helped. */
export function paintLabels(pen, parts, view) {
  const taken = parts.nodes.map((node) => [node.x, node.y, node.w, node.h]);
  for (const edge of parts.edges) if (edge.shown.breaker !== "none") breaker(pen, edge);
  for (const edge of parts.edges) {
    const { faults, failed, label } = edge.shown;
    const full = view.isLit(edge) || view.labels;
    const words = [...faults.map((fault) => `◉ ${fault}`)];
    if (full && label) words.push(label);
    else if (failed >= 0.05) words.push(`■ ${percent(failed)}`);
    if (words.length) pill(pen, edge, words.join("  "), failed >= 0.05 || faults.length ? pen.theme.bad : pen.theme.text, taken);
  }
}

function pill(pen, edge, text, color, taken) {
  const size = Math.max(11, 10 / pen.scale);
  pen.ctx.font = `500 ${Math.round(size * 8) / 8}px ${pen.theme.font}`;
  const [w, h] = [pen.width(text, pen.ctx.font) + size, size * 1.7];
  const places = [0.5, 0.38, 0.62, 0.27, 0.73].map((t) => pointAt(edge.xy, t)).map(([x, y]) => [x - w / 2, y - h / 2, w, h]);
  const free = (a) => !taken.some((b) => a[0] < b[0] + b[2] + 2 && b[0] < a[0] + a[2] + 2 && a[1] < b[1] + b[3] + 2 && b[1] < a[1] + a[3] + 2);
  const place = places.find(free) ?? places[0];
  taken.push(place);
  pen.box(...place, h / 2, pen.theme.surface, color === pen.theme.text ? pen.theme.line : color);
  pen.text(place[0] + w / 2, place[1] + h / 2 + size * 0.36, text, { size, weight: 500, color, align: "center" });
}

/** A switch: lever down is closed, half up is half open, up is open. */
function breaker(pen, edge) {
  const { theme, ctx } = pen;
  const [x, y] = pointAt(edge.xy, Math.min(24 / edge.curve.length, 0.3));
  const [color, lift] = { open: [theme.bad, 6.5], half_open: [theme.warn, 3.5], closed: [theme.muted, 0] }[edge.shown.breaker] ?? [theme.muted, 0];
  pen.box(x - 11, y - 7, 22, 14, 7, theme.surface, lift ? color : theme.line, Math.max(1, 1 / pen.scale), edge.shown.breaker === "half_open" ? [3, 2] : []);
  ctx.beginPath();
  pen.circle(x - 5, y + 1.5, 1.5);
  pen.circle(x + 5, y + 1.5, 1.5);
  ctx.fillStyle = color;
  ctx.fill();
  ctx.beginPath();
  ctx.moveTo(x - 5, y + 1.5);
  ctx.lineTo(x + 5 - lift * 0.35, y + 1.5 - lift);
  pen.stroke(color, 1.5);
}

/** Two ways to draw a component: all of it, or, from afar, what can still be read. */
export function paintNodes(pen, parts, view) {
  for (const node of parts.nodes) {
    frame(pen, node, view);
    if (pen.scale < 0.62) afar(pen, node);
    else if (node.source) source(pen, node);
    else near(pen, node);
    if (view.pins.has(node.name) || node.pinned) pin(pen, node);
  }
  for (const node of parts.nodes) faults(pen, node);
}

function frame(pen, node, view) {
  const { theme, hair } = pen;
  const { x, y, w, h, shown } = node;
  const radius = node.source ? h / 2 : 8;
  const color = { busy: theme.warn, full: theme.bad, down: theme.down }[shown.state] ?? (view.isHover(node) ? theme.muted : theme.line);
  if (view.isSelected(node)) {
    pen.faint(0.18, () => pen.box(x - 4, y - 4, w + 8, h + 8, radius + 4, "", theme.accent, 4));
    pen.box(x, y, w, h, radius, theme.surface, theme.accent, 2 * hair);
    return;
  }
  pen.box(x, y, w, h, radius, theme.surface);
  if (shown.state === "full") pen.faint(0.07, () => pen.box(x, y, w, h, radius, theme.bad));
  const width = { busy: 1.5, full: 2.5, down: 1.5 }[shown.state] ?? 1;
  pen.box(x, y, w, h, radius, "", color, width * hair, shown.state === "down" ? [5, 4] : []);
}

/** Name; state or kind, queue and utilization; replicas; rate and p99. */
function near(pen, node) {
  const { theme } = pen;
  const { x, y, w, h, shown } = node;
  const [left, right] = [x + 18, x + w - 12];
  const color = stateColor(theme, shown.state);
  pen.glyph(node.kind, left - 1, y + 8, 14, color ?? theme.muted);
  pen.text(left + 19, y + 20, node.name, { size: 13, weight: 600, color: shown.state === "down" ? theme.down : theme.text, max: right - left - 19 });
  let end = right;
  if (shown.utilization != null && !(color && shown.queue >= 1) && shown.state !== "down") end -= pen.text(end, y + 35, percent(shown.utilization), { size: 11, align: "right", weight: color ? 600 : 400 }) + 8;
  const sign = SIGNS[shown.state] ?? "";
  const used = pen.text(left, y + 35, sign, { size: 11, weight: 600, color }) + (sign ? 8 : 0);
  const queue = [`${count(shown.queue)} waiting`, `≡ ${count(shown.queue)}`];
  const rest = shown.queue < 1 ? (sign ? "" : node.kind.replaceAll("_", " ")) : queue.find((text) => pen.wide(text, 11) <= end - left - used) ?? "";
  pen.text(left + used, y + 35, rest, { size: 11, color: theme.muted, max: end - left - used });
  if (shown.state !== "down" || shown.replicas > 1) tiles(pen, node, left, y + 41, right);
  numbers(pen, shown, left, right, y + h - 8);
  if (shown.room != null || shown.queue >= 1) stack(pen, node);
}

function stateColor(theme, state) {
  return { busy: theme.warn, full: theme.bad, down: theme.down }[state];
}

/** At the left edge the queue grows in steps one can count from afar. */
function stack(pen, { x, y, h, shown }) {
  const { theme } = pen;
  const share = Math.min(shown.queue / (shown.room || Math.max(shown.queue * 2, 20)), 1);
  const slots = Math.floor((h - 16 + 1) / 4);
  const filled = shown.queue >= 1 ? Math.max(1, Math.round(share * slots)) : 0;
  const color = share > 0.9 ? theme.bad : share > 0.5 ? theme.warn : theme.muted;
  pen.faint(0.09, () => pen.box(x + 6, y + 8, 4, h - 16, 2, theme.text));
  for (let i = 0; i < filled; i++) pen.rect(x + 6, y + h - 8 - (i + 1) * 4 + 1, 4, 3, color);
}

/** A tile for each replica, filled by utilization, hollow when it is down; one of them, or very many, are a bar. */
function tiles(pen, { h, shown }, left, top, right) {
  const { theme } = pen;
  const { replicas, serving, state } = shown;
  const full = Math.min(shown.utilization ?? 0, 1);
  const color = stateColor(theme, state) ?? theme.muted;
  const many = replicas > TILES_MAX;
  if (many) right -= pen.text(right, top + 9, `×${count(replicas)}`, { size: 11, align: "right", color: theme.muted }) + 8;
  if (many || replicas <= 1) return bar(pen, left, top, right - left, many ? 10 : 4, full * (serving / Math.max(replicas, 1)), color);
  const rows = replicas > TILES_ROW ? 2 : 1;
  const [high, each] = [rows > 1 ? 9 : h < 80 ? 8 : 11, Math.ceil(replicas / rows)];
  const wide = Math.min((right - left + 3) / each - 3, 18);
  for (let i = 0; i < replicas; i++) {
    const [x, y] = [left + (i % each) * (wide + 3), top + Math.floor(i / each) * (high + 3)];
    if (i < serving) {
      pen.faint(0.09, () => pen.rect(x, y, wide, high, theme.text));
      pen.rect(x, y + high * (1 - full), wide, high * full, color);
    } else hollow(pen, x, y, wide, high);
  }
}

function bar(pen, x, y, w, h, share, color) {
  pen.faint(0.09, () => pen.box(x, y, w, h, 2, pen.theme.text));
  if (share > 0) pen.box(x, y, Math.max(w * Math.min(share, 1), 2), h, 2, color);
}

function hollow(pen, x, y, w, h) {
  pen.box(x + 0.5, y + 0.5, w - 1, h - 1, 1, "", pen.theme.down, 1);
  pen.ctx.beginPath();
  pen.ctx.moveTo(x + 1, y + h - 1);
  pen.ctx.lineTo(x + w - 1, y + 1);
  pen.stroke(pen.theme.down, 1);
}

/** What fails is more worth knowing than how slow the rest is. */
function numbers(pen, shown, left, right, y) {
  const { theme } = pen;
  left += pen.text(left, y, rate(shown.rps), { weight: 500 }) + 8;
  const failed = shown.failed >= 0.005 ? `■ ${percent(shown.failed)}` : "";
  const p99 = seconds(shown.p99);
  if (failed) right -= pen.text(right, y, failed, { weight: 600, color: theme.bad, align: "right" }) + 8;
  if (!(shown.p99 > 0) || pen.wide(p99, 12, 500) > right - left) return;
  right -= pen.text(right, y, p99, { weight: 500, align: "right" }) + 4;
  if (pen.wide("p99", 10) <= right - left) pen.text(right, y, "p99", { size: 10, color: theme.muted, align: "right" });
}

/** Who sends the traffic. */
function source(pen, { x, y, w, h, name, kind, shown }) {
  const { theme } = pen;
  const middle = y + h / 2;
  pen.glyph(kind || "client", x + 14, middle - 8, 16, theme.muted);
  pen.text(x + 36, middle - 3, name, { size: 13, weight: 600, max: w - 48 });
  const used = pen.text(x + 36, middle + 13, rate(shown.rps), { size: 12, weight: 500 });
  if (shown.failed >= 0.005) pen.text(x + 36 + used + 6, middle + 13, `■ ${percent(shown.failed)}`, { size: 11, weight: 600, color: theme.bad, max: w - used - 56 });
}

/** From afar a name and one number in sizes of the screen, and the load along the lower border. */
function afar(pen, { x, y, w, h, name, shown, source }) {
  const { theme, scale } = pen;
  const color = stateColor(theme, shown.state);
  const two = h * scale > 34;
  const room = w - (source ? h * 0.4 : 8 / scale);
  const most = Math.min(11 / scale, 30);
  const size = most * Math.min(1, Math.max(room / pen.wide(name, most, 600), 0.8));
  const line = source && !two ? y + h / 2 + size * 0.36 : y + (two ? h * 0.4 : h * 0.56);
  const how = { weight: 600, align: "center", max: room };
  pen.text(x + w / 2, line, name, { ...how, size, color: shown.state === "down" ? theme.down : theme.text });
  if (two) {
    const [text, tone] = color ? [SIGNS[shown.state], color] : shown.failed >= 0.05 ? [`■ ${percent(shown.failed)}`, theme.bad] : [rate(shown.rps), theme.muted];
    pen.text(x + w / 2, line + most * 1.15, text, { ...how, size: most * 0.92, weight: 500, color: tone });
  }
  if (source || shown.utilization == null) return;
  const high = Math.max(3, 3 / scale);
  bar(pen, x + 8, y + h - high * 1.9, w - 16, high, shown.utilization, color ?? theme.muted);
}

function pin(pen, { x, y, w }) {
  pen.ctx.beginPath();
  pen.circle(x + w - 11, y + 9, 2.5);
  pen.ctx.fillStyle = pen.theme.accent;
  pen.ctx.fill();
  pen.ctx.moveTo(x + w - 11, y + 11);
  pen.ctx.lineTo(x + w - 11, y + 17);
  pen.stroke(pen.theme.accent, 1.25);
}

/** What was done to a component stays written above it. */
function faults(pen, { x, y, w, shown }) {
  if (!shown.faults.length) return;
  const { theme } = pen;
  const size = Math.max(11, 10 / pen.scale);
  const text = `◉ ${shown.faults.slice(0, 2).join(", ")}${shown.faults.length > 2 ? ` +${shown.faults.length - 2}` : ""}`;
  pen.ctx.font = `600 ${Math.round(size * 8) / 8}px ${theme.font}`;
  const fitted = pen.fit(text, w - size * 1.4, pen.ctx.font);
  const [wide, high] = [pen.width(fitted, pen.ctx.font) + size * 1.1, size * 1.7];
  pen.box(x + 10, y - high * 0.7, wide, high, high / 2, theme.bad);
  pen.text(x + 10 + size * 0.55, y - high * 0.7 + high / 2 + size * 0.36, fitted, { size, weight: 600, color: theme.surface });
}
