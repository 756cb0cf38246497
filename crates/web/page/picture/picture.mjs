// @ts-check
// The live picture of a system. Three canvases lie on one another: edges, what moves on them, components. Only the middle
// one is painted each frame; the others when numbers, places or the selection change.

import { Camera, takeGestures } from "./camera.mjs";
import { distanceTo, pointAt } from "./curve.mjs";
import { pngOf, recordWebm, SvgContext } from "./export.mjs";
import { Overlay } from "./overlay.mjs";
import { paintEdges, paintGroups, paintLabels, paintNodes } from "./paint.mjs";
import { Particles } from "./particles.mjs";
import { follow, partsOf, read, route } from "./parts.mjs";
import { Pen, themeOf } from "./pen.mjs";

const [READ_EVERY_MS, READ_EVERY_STILL_MS, MOVE_MS, PULSE_MS, COAST_MS] = [250, 500, 200, 900, 1200];
const LABELS_FROM = 1.6;
const PADDING = 24;

/**
 * @param {HTMLElement} host
 * @param {{onSelect?(selection: {node: number} | {edge: number} | null): void, onPin?(node: number, x: number | null, y: number | null): void}} on
 */
export function mountPicture(host, on = {}) {
  return new Picture(host, on);
}

class Picture {
  stats = { script_ms: 0, script_ms_max: 0, frames: 0, particles: 0, layers: 0 };
  #host;
  #on;
  #end = new AbortController();
  #parts = null;
  #meta = null;
  #live = null;
  #particles = new Particles();
  #pins = new Map();
  #selected = null;
  #hovered = null;
  #motion = "full";
  #pulses = [];
  #dirty = true;
  #since = { read: Infinity, move: Infinity, frame: 0, now_ns: -1 };
  #recording = null;

  constructor(host, on) {
    this.#host = host;
    this.#on = on;
    host.classList.add("picture");
    this.layers = [0, 1, 2].map(() => layerIn(host));
    const { signal } = this.#end;
    this.reduced = matchMedia("(prefers-reduced-motion: reduce)");
    this.camera = new Camera(() => this.#invalidate(), () => this.#still);
    this.overlay = new Overlay(host, {
      select: (part) => this.#choose(part === this.#selected ? null : part),
      pin: (part) => this.#togglePin(part),
      focus: (part) => this.camera.show(this.overlay.placeOf(part), this.width, this.height),
      key: (event) => this.#key(event),
    }, signal);
    takeGestures(host, this.camera, this.#gestures(), signal);
    host.addEventListener("dblclick", (event) => this.#double(event), { signal });
    for (const query of [this.reduced, matchMedia("(prefers-color-scheme: dark)")]) query.addEventListener("change", () => this.theme(), { signal });
    this.observer = new ResizeObserver(() => this.#resize());
    this.observer.observe(host);
    this.theme();
    this.#resize();
  }

  /** @returns {{node: number} | {edge: number} | null} */
  get selection() {
    if (!this.#selected) return null;
    return this.#selected.w ? { node: this.#selected.id } : { edge: this.#selected.id };
  }

  get #still() {
    return this.#motion === "off" || this.reduced.matches;
  }

  setScene(scene, meta) {
    if (meta?.system !== this.#meta?.system) this.#pins.clear();
    const before = meta?.system === this.#meta?.system ? this.#parts : null;
    this.#meta = meta;
    this.#parts = partsOf(scene, meta, before, this.#pins);
    const same = (part) => part && this.#parts[part.w ? "nodes" : "edges"].find(({ name }) => name === part.name);
    this.#hovered = null;
    const selected = same(this.#selected) ?? null;
    const lost = this.#selected && !selected;
    this.#selected = selected;
    this.#pulses = [];
    this.#particles.setEdges(this.#parts.edges);
    this.#since.move = before && !this.#still ? 0 : Infinity;
    follow(this.#parts, before && !this.#still ? 0 : 1);
    this.overlay.setParts(this.#parts, this.#selected);
    if (!this.camera.moved || !before) this.fit(!before);
    if (lost) this.#on.onSelect?.(null);
    this.#invalidate();
  }

  /** Shows what is now; called once a frame. */
  draw(live, frame, dt_ms) {
    if (document.hidden || !this.#parts) return;
    const start = performance.now();
    const dt = Math.min(Math.max(dt_ms, 1), 100);
    this.#live = live;
    this.#since.frame = start;
    this.#readNow(live, frame, dt);
    if (live && !this.#still) this.#run(live, frame, dt);
    this.#tick(dt);
    const spent = performance.now() - start;
    this.stats.frames++;
    this.stats.script_ms += (spent - this.stats.script_ms) * 0.05;
    this.stats.script_ms_max = Math.max(this.stats.script_ms_max * 0.995, spent);
  }

  #readNow(live, frame, dt) {
    this.#since.read += dt;
    const back = frame && frame.now_ns < this.#since.now_ns;
    if (back) this.#particles.clear();
    if (!live || (this.#since.read < (this.#still ? READ_EVERY_STILL_MS : READ_EVERY_MS) && !back)) return;
    this.#since.read = 0;
    const struck = read(this.#parts, live);
    if (!this.#still) this.#pulses.push(...struck.map((part) => ({ part, ms: 0 })));
    this.#dirty = true;
  }

  /** Particles stand still while the run does, but finish their way after a single step. */
  #run(live, frame, dt) {
    const moved = frame && frame.now_ns !== this.#since.now_ns;
    this.#since.now_ns = frame?.now_ns ?? -1;
    this.coast = moved ? COAST_MS : Math.max((this.coast ?? 0) - dt, 0);
    if (!moved && !this.coast) return;
    const pace = this.#motion === "slow" ? 0.35 : 1;
    if (moved) this.#particles.feed(this.#parts.edges, live, dt, frame.speed, this.camera.scale);
    this.#particles.move(dt * pace);
  }

  #tick(dt) {
    this.camera.step(dt);
    if (this.#since.move < MOVE_MS) {
      this.#since.move += dt;
      follow(this.#parts, 1 - Math.max(1 - this.#since.move / MOVE_MS, 0) ** 3);
      this.overlay.place();
      this.#dirty = true;
    }
    if (this.#dirty) this.#paintStill();
    this.#paintMoving(dt);
    this.overlay.say();
    if (this.#recording) this.#compose(this.#recording.canvas);
  }

  #paintStill() {
    this.#dirty = false;
    this.stats.layers++;
    const view = this.#view();
    this.overlay.transform(this.camera);
    const [edges, , nodes] = this.layers.map((layer) => this.#cleared(layer));
    paintGroups(edges, this.#parts);
    paintEdges(edges, this.#parts, view);
    paintNodes(nodes, this.#parts, view);
    paintLabels(nodes, this.#parts, view);
  }

  #paintMoving(dt) {
    this.stats.particles = this.#particles.alive;
    const quiet = !this.#particles.alive && !this.#pulses.length;
    if (quiet && this.empty) return;
    this.empty = quiet;
    const pen = this.#cleared(this.layers[1]);
    if (!this.#still) this.#particles.draw(pen.ctx, this.#parts.edges, this.colors, this.camera.scale);
    for (const pulse of this.#pulses) this.#paintPulse(pen, pulse, dt);
    this.#pulses = this.#pulses.filter(({ ms }) => ms < PULSE_MS);
  }

  #paintPulse(pen, pulse, dt) {
    pulse.ms += dt;
    const share = Math.min(pulse.ms / PULSE_MS, 1);
    const grow = 4 + 26 * (1 - (1 - share) ** 2);
    const { x, y, w, h } = this.overlay.placeOf(pulse.part);
    pen.faint((1 - share) * 0.8, () => pen.box(x - grow, y - grow, w + 2 * grow, h + 2 * grow, 8 + grow, "", this.colors.bad, 2.5));
  }

  #cleared({ ctx }) {
    const { scale, x, y } = this.camera;
    const ratio = this.ratio;
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
    ctx.setTransform(scale * ratio, 0, 0, scale * ratio, x * ratio, y * ratio);
    return new Pen(ctx, this.colors, scale);
  }

  #view() {
    const selected = this.#selected;
    const ofNode = (edge) => selected?.w && (edge.from === selected.id || edge.to === selected.id);
    return {
      pins: this.#pins,
      labels: this.camera.scale >= LABELS_FROM || this.#still,
      isSelected: (part) => part === selected,
      isHover: (part) => part === this.#hovered,
      isLit: (edge) => edge === selected || edge === this.#hovered || ofNode(edge),
    };
  }

  /** What changed while nobody draws (a paused page) is painted in a frame of our own. */
  #invalidate() {
    this.#dirty = true;
    if (this.waiting || !this.#parts) return;
    this.waiting = requestAnimationFrame((now) => {
      this.waiting = 0;
      if (this.#end.signal.aborted || performance.now() - this.#since.frame < 50) return;
      this.#tick(16);
      if (this.camera.gliding || this.#since.move < MOVE_MS) this.#invalidate();
    });
  }

  #gestures() {
    return {
      grab: (event) => this.#hit(event, true),
      drag: (node, dx, dy) => this.#drag(node, dx, dy),
      drop: (node) => this.#pin(node),
      tap: (event) => {
        const part = this.#hit(event);
        this.#choose(part ?? null);
        this.overlay.options.get(part)?.focus({ preventScroll: true });
      },
      hover: (event) => {
        const part = event.type === "pointerleave" ? null : (this.#hit(event) ?? null);
        if (part === this.#hovered) return;
        this.#hovered = part;
        this.#host.style.cursor = part ? "pointer" : "";
        this.#invalidate();
      },
    };
  }

  #hit(event, nodes_only = false) {
    if (!this.#parts) return undefined;
    const box = this.#host.getBoundingClientRect();
    const [x, y] = this.camera.toScene(event.clientX - box.left, event.clientY - box.top);
    const node = this.#parts.nodes.find((node) => x >= node.x && x <= node.x + node.w && y >= node.y && y <= node.y + node.h);
    if (node || nodes_only) return node;
    const near = this.#parts.edges.map((edge) => ({ edge, away: distanceTo(edge.xy, x, y) })).sort((a, b) => a.away - b.away)[0];
    return near && near.away < 9 / this.camera.scale + 3 ? near.edge : this.overlay.partOf(event.target);
  }

  #drag(node, dx, dy) {
    node.goal = [node.x + dx, node.y + dy];
    [node.x, node.y] = node.goal;
    this.#pins.set(node.name, node.goal);
    for (const edge of this.#parts.edges) if (edge.from === node.id || edge.to === node.id) route(this.#parts, edge);
    this.overlay.place();
    this.#invalidate();
  }

  #pin(node) {
    const [x, y] = node.goal.map(Math.round);
    this.#pins.set(node.name, [x, y]);
    this.#invalidate();
    this.#on.onPin?.(node.id, x, y);
  }

  #togglePin(part) {
    if (!part?.w) return;
    if (!this.#pins.has(part.name) && !part.pinned) return this.#pin(part);
    this.#pins.delete(part.name);
    part.pinned = false;
    part.start = [part.x, part.y];
    part.goal = [...part.laid];
    for (const edge of this.#parts.edges) {
      edge.start = edge.xy;
      if (edge.from === part.id || edge.to === part.id) route(this.#parts, edge);
    }
    for (const node of this.#parts.nodes) node.start = [node.x, node.y];
    this.#since.move = 0;
    this.#invalidate();
    this.#on.onPin?.(part.id, null, null);
  }

  #double(event) {
    const part = this.#hit(event);
    if (part?.w && this.#pins.has(part.name)) this.#togglePin(part);
    else if (!part) this.fit();
  }

  #choose(part) {
    if (part === this.#selected) return;
    this.#selected = part;
    this.overlay.mark(part);
    this.#invalidate();
    this.#on.onSelect?.(this.selection);
  }

  /** Chooses without telling. @param {{node?: number, edge?: number} | null} which */
  select(which) {
    const { nodes = [], edges = [] } = this.#parts ?? {};
    this.#selected = (which && (which.node != null ? nodes[which.node] : edges.find(({ id }) => id === which.edge))) || null;
    this.overlay.mark(this.#selected);
    this.#invalidate();
  }

  #key({ key, shiftKey }) {
    const way = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[key];
    if (way && shiftKey) this.camera.pan(way[0], way[1], false);
    else if (key === "+" || key === "=") this.zoomBy(1.25);
    else if (key === "-") this.zoomBy(0.8);
    else if (key === "0") this.fit();
    else if (key === "Escape" && this.#selected) this.#choose(null);
    else return false;
    return true;
  }

  fit(at_once = false) {
    if (this.#parts && this.width) this.camera.fit(this.#parts, this.width, this.height, at_once);
  }

  zoomBy(factor) {
    this.camera.zoom(factor, this.width / 2, this.height / 2);
  }

  theme() {
    this.colors = themeOf(this.#host);
    this.empty = false;
    this.#invalidate();
  }

  /** @param {"full" | "slow" | "off"} motion */
  motion(motion) {
    this.#motion = motion;
    if (this.#still) this.#particles.clear();
    this.empty = false;
    this.#invalidate();
  }

  #resize() {
    const { width, height } = this.#host.getBoundingClientRect();
    [this.width, this.height, this.ratio] = [width, height, devicePixelRatio || 1];
    for (const { canvas } of this.layers) [canvas.width, canvas.height] = [width, height].map((side) => Math.round(side * this.ratio));
    this.empty = false;
    if (!this.camera.moved) this.fit(true);
    this.#invalidate();
    if (this.#parts && width) this.#tick(0);
  }

  svg() {
    const ctx = new SvgContext(this.layers[1].ctx);
    this.#paintWhole(new Pen(ctx, this.colors, 1));
    return ctx.document(this.#whole(), this.#title(), this.colors);
  }

  png() {
    const { x, y, w, h } = this.#whole();
    const canvas = Object.assign(document.createElement("canvas"), { width: Math.round(w * 2), height: Math.round(h * 2) });
    const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    ctx.setTransform(2, 0, 0, 2, -2 * x, -2 * y);
    const pen = new Pen(ctx, this.colors, 1);
    pen.rect(x, y, w, h, this.colors.bg);
    this.#paintWhole(pen);
    return pngOf(canvas);
  }

  #paintWhole(pen) {
    const view = { ...this.#view(), labels: this.camera.scale >= LABELS_FROM };
    paintGroups(pen, this.#parts);
    paintEdges(pen, this.#parts, view);
    if (!pen.ctx.svg && !this.#still) this.#particles.draw(pen.ctx, this.#parts.edges, this.colors, 1);
    paintNodes(pen, this.#parts, view);
    paintLabels(pen, this.#parts, view);
  }

  #whole() {
    const { nodes, width, height } = this.#parts;
    const left = Math.min(0, ...nodes.map(({ x }) => x)) - PADDING;
    const top = Math.min(0, ...nodes.map(({ y }) => y)) - PADDING;
    const right = Math.max(width, ...nodes.map(({ x, w }) => x + w)) + PADDING;
    const bottom = Math.max(height, ...nodes.map(({ y, h }) => y + h)) + PADDING;
    return { x: left, y: top, w: right - left, h: bottom - top };
  }

  #title() {
    return [this.#meta?.system, this.#meta?.scenario].filter(Boolean).join(", ");
  }

  /** Records until the answer is called. @returns {() => Promise<Blob>} */
  record() {
    const canvas = document.createElement("canvas");
    this.#compose(canvas);
    const stop = recordWebm(canvas);
    this.#recording = { canvas };
    return () => {
      this.#recording = null;
      return stop();
    };
  }

  #compose(canvas) {
    const [{ canvas: first }] = this.layers;
    if (canvas.width !== first.width || canvas.height !== first.height) [canvas.width, canvas.height] = [first.width, first.height];
    const ctx = canvas.getContext("2d");
    ctx.fillStyle = this.colors.bg;
    ctx.fillRect(0, 0, canvas.width, canvas.height);
    for (const layer of this.layers) ctx.drawImage(layer.canvas, 0, 0);
  }

  destroy() {
    this.#end.abort();
    this.observer.disconnect();
    cancelAnimationFrame(this.waiting);
    this.#host.classList.remove("picture");
    this.#host.replaceChildren();
  }
}

function layerIn(host) {
  const canvas = document.createElement("canvas");
  canvas.setAttribute("aria-hidden", "true");
  host.append(canvas);
  return { canvas, ctx: /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")) };
}
