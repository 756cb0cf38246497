// @ts-check
// The live picture of a system. Three canvases lie on one another: edges, what moves on them, components. Only the middle
// one is painted each frame; the others when numbers, places or the selection change.

import { Camera, takeGestures } from "./camera.mjs";
import { Overlay, placeOf } from "./overlay.mjs";
import { paintEdges, paintLabels, paintNodes } from "./paint.mjs";
import { Particles } from "./particles.mjs";
import { extent, follow, partsOf, read, route, titleOf, turned } from "./parts.mjs";
import { Pen, themeOf } from "./pen.mjs";

const [READ_EVERY_MS, READ_EVERY_STILL_MS, MOVE_MS, PULSE_MS, COAST_MS, LINGER_MS] = [250, 500, 200, 900, 1200, 4000];
/** From this scale on every edge shows its numbers. */
const LABELS_FROM = 1.6;

/**
 * @param {HTMLElement} host
 * @param {{onSelect?(selection: {node: number} | {edge: number} | null): void, onPin?(node: number, x: number | null, y: number | null): void}} on
 */
export function mountPicture(host, on = {}) {
  return new Picture(host, on);
}

class Picture {
  stats = { script_ms: 0, frames: 0, particles: 0 };
  end = new AbortController();
  camera = new Camera();
  particles = new Particles();
  pins = new Map();
  /** @type {any} */ parts = null;
  /** @type {any} */ meta = null;
  /** @type {any} */ scene = null;
  /** @type {any} */ selected = null;
  /** @type {any} */ hovered = null;
  /** @type {any} */ colors = null;
  /** @type {{part: any, ms: number}[]} */ pulses = [];
  /** Faults that were over at once stay written for a while: until when, by label. */
  marks = new Map();
  mode = "full";
  clock = 0;
  width = 0;
  height = 0;
  ratio = 1;
  readAt = 0;
  moveAt = -MOVE_MS;
  drawnAt = 0;
  now_ns = -1;
  coast = 0;
  waiting = 0;
  turned = false;
  dirtyEdges = true;
  dirtyNodes = true;
  /** Called after each frame while one records. @type {(() => void) | null} */ film = null;

  constructor(host, on) {
    this.host = host;
    this.on = on;
    host.classList.add("picture");
    this.layers = [0, 1, 2].map(() => {
      const canvas = document.createElement("canvas");
      canvas.ariaHidden = "true";
      host.append(canvas);
      return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    });
    const { signal } = this.end;
    this.reduced = matchMedia("(prefers-reduced-motion: reduce)");
    this.overlay = new Overlay(host, {
      choose: (part) => this.choose(part === this.selected ? null : part),
      pin: (part) => this.togglePin(part),
      key: (event) => this.key(event),
      focus: (part) => this.change(() => this.camera.show(placeOf(part), this.width, this.height, this.still)),
    }, signal);
    takeGestures(host, this.camera, this.gestures(), signal);
    for (const query of [this.reduced, matchMedia("(prefers-color-scheme: dark)")]) query.addEventListener("change", () => this.theme(), { signal });
    this.observer = new ResizeObserver(() => this.resize());
    this.observer.observe(host);
    this.theme();
    this.resize();
  }

  get selection() {
    return this.selected && (this.selected.w ? { node: this.selected.id } : { edge: this.selected.id });
  }

  get still() {
    return this.mode === "off" || this.reduced.matches;
  }

  setScene(scene, meta) {
    const known = meta.system === this.meta?.system;
    if (!known) this.pins.clear();
    for (const { name, pinned, x, y } of scene.nodes) if (pinned) this.pins.set(name, [x, y]);
    Object.assign(this, { scene, meta });
    this.lay(known);
  }

  /** Whether the scene is much larger when it goes down instead of to the right. */
  get narrow() {
    const fits = (scene) => {
      const { width, height } = extent({ groups: [], ...scene });
      return Math.min(this.width / width, this.height / height, 1);
    };
    return fits(turned(this.scene)) > fits(this.scene) * 1.2;
  }

  /** Puts the scene down, across or, on a tall screen, turned; what was there before moves to its new place. */
  lay(known) {
    const before = known ? this.parts : null;
    this.turned = this.narrow;
    const parts = partsOf(this.turned ? turned(this.scene) : this.scene, this.meta, before, this.turned ? new Map() : this.pins);
    const chosen = this.selected;
    this.selected = before && chosen ? (parts[chosen.w ? "nodes" : "edges"].find(({ name }) => name === chosen.name) ?? null) : null;
    Object.assign(this, { parts, hovered: null, pulses: [] });
    this.particles.setEdges(parts.edges);
    this.moveAt = before && !this.still ? this.clock : -MOVE_MS;
    follow(parts, this.moveAt === this.clock ? 0 : 1);
    this.overlay.setParts(parts, this.selected);
    if (!this.camera.moved || !before) this.fit(!before);
    if (chosen && !this.selected) this.on.onSelect?.(null);
    this.change();
  }

  /** Shows what is now; called once a frame. */
  draw(live, frame, dt_ms) {
    if (document.hidden || !this.parts) return;
    const start = (this.drawnAt = performance.now());
    const dt = Math.min(Math.max(dt_ms, 1), 1000);
    if (live) this.take(live, frame, dt);
    this.tick(dt);
    this.stats.frames++;
    this.stats.script_ms += (performance.now() - start - this.stats.script_ms) * 0.05;
  }

  take(live, frame, dt) {
    const was_ns = this.now_ns;
    const moved = frame ? frame.now_ns - was_ns : 0;
    this.now_ns = frame?.now_ns ?? -1;
    if (moved < 0) {
      this.particles.alive = 0;
      this.marks.clear();
    } else for (const { kind, entity, at_ns } of frame?.records ?? []) {
      const label = this.meta.effects?.[entity]?.label;
      if (kind === "effect_on" && label && at_ns >= was_ns) this.marks.set(label, this.clock + LINGER_MS);
    }
    if (this.clock >= this.readAt || moved < 0) this.readNow(live);
    if (this.still) return;
    if (moved > 0) this.particles.feed(live, dt, frame.speed, this.camera.scale);
    // Particles stand still while the run does, but finish their way after a single step.
    this.coast = moved ? COAST_MS : this.coast - dt;
    if (this.coast > 0) this.particles.move(Math.min(dt, 100) * (this.mode === "slow" ? 0.35 : 1));
  }

  readNow(live) {
    this.readAt = this.clock + (this.still ? READ_EVERY_STILL_MS : READ_EVERY_MS);
    const active = new Set(live.effects?.map(({ label }) => label));
    const shown = new Set(active);
    for (const [label, until] of this.marks) {
      if (until > this.clock) shown.add(label);
      else this.marks.delete(label);
    }
    const struck = read(this.parts, live, shown, active);
    if (!this.still) this.pulses.push(...struck.map((part) => ({ part, ms: 0 })));
    this.dirtyEdges = true;
  }

  tick(dt) {
    this.clock += dt;
    const gliding = this.camera.step(dt);
    if (this.parts.moving) {
      const left = Math.max(1 - (this.clock - this.moveAt) / MOVE_MS, 0);
      follow(this.parts, 1 - left ** 3);
      this.overlay.place();
    }
    if (gliding || this.parts.moving) this.dirtyEdges = this.dirtyNodes = true;
    if (this.dirtyEdges || this.dirtyNodes || this.coast > 0 || this.pulses.length) {
      this.paintStill();
      this.paintMoving(dt);
      this.overlay.say();
    }
    this.film?.();
  }

  /** Numbers that changed take two frames, edges first, so that neither is long. */
  paintStill() {
    const { dirtyEdges, dirtyNodes, view } = this;
    this.dirtyEdges = false;
    this.dirtyNodes = dirtyEdges && !dirtyNodes;
    if (dirtyEdges) paintEdges(this.clean(0), this.parts, view);
    if (!dirtyNodes) return;
    const pen = this.clean(2);
    paintNodes(pen, this.parts, view);
    paintLabels(pen, this.parts, view);
    this.overlay.move(this.camera);
  }

  paintMoving(dt) {
    this.stats.particles = this.particles.alive;
    const pen = this.clean(1);
    if (!this.still) this.particles.draw(pen.ctx, this.colors, this.camera.scale);
    for (const pulse of this.pulses) {
      pulse.ms += dt;
      const left = Math.max(1 - pulse.ms / PULSE_MS, 0);
      const grow = 30 - 26 * left ** 2;
      const { x, y, w, h } = placeOf(pulse.part);
      pen.faint(left * 0.8, () => pen.box(x - grow, y - grow, w + 2 * grow, h + 2 * grow, 8 + grow, "", this.colors.bad, 2.5));
    }
    this.pulses = this.pulses.filter(({ ms }) => ms < PULSE_MS);
  }

  clean(layer) {
    const { scale, x, y } = this.camera;
    const { ratio } = this;
    const ctx = this.layers[layer];
    ctx.setTransform(1, 0, 0, 1, 0, 0);
    ctx.clearRect(0, 0, ctx.canvas.width, ctx.canvas.height);
    ctx.setTransform(scale * ratio, 0, 0, scale * ratio, x * ratio, y * ratio);
    return new Pen(ctx, this.colors, scale);
  }

  get view() {
    const { selected, hovered, pins } = this;
    return { selected, hovered, pins, still: this.still, labels: this.camera.scale >= LABELS_FROM };
  }

  /** What changes while nobody draws (a paused page) is painted in a frame of our own. */
  change(act = () => {}) {
    act();
    this.dirtyEdges = this.dirtyNodes = true;
    if (this.waiting) return;
    this.waiting = requestAnimationFrame(() => {
      this.waiting = 0;
      if (!this.parts || this.end.signal.aborted || performance.now() - this.drawnAt < 50) return;
      this.tick(16);
      if (this.camera.glide || this.parts.moving || this.dirtyNodes) this.change();
    });
  }

  gestures() {
    let tapped = 0;
    return {
      grab: (event) => (event.pointerType === "touch" || this.turned ? undefined : this.nodeAt(...this.scenePoint(event))),
      drag: (node, dx, dy) => this.drag(node, dx, dy),
      drop: (node) => this.pin(node),
      moved: () => this.change(),
      tap: (event) => {
        const part = this.hit(event);
        const twice = event.timeStamp - tapped < 350;
        tapped = twice ? 0 : event.timeStamp;
        if (twice && this.pins.has(part?.name)) this.togglePin(part);
        else if (twice && !part) this.fit();
        this.choose(part ?? null);
        part?.option.focus({ preventScroll: true });
      },
      hover: (event) => {
        const part = event.type === "pointerleave" ? null : (this.hit(event) ?? null);
        if (part === this.hovered) return;
        this.host.style.cursor = part ? "pointer" : "";
        this.host.title = part ? titleOf(part) : "";
        this.change(() => (this.hovered = part));
      },
    };
  }

  /** @returns {[number, number]} */
  scenePoint({ clientX, clientY }) {
    const { left, top } = this.host.getBoundingClientRect();
    return [(clientX - left - this.camera.x) / this.camera.scale, (clientY - top - this.camera.y) / this.camera.scale];
  }

  nodeAt(px, py) {
    return this.parts?.nodes.find(({ x, y, w, h }) => px >= x && px <= x + w && py >= y && py <= y + h);
  }

  hit(event) {
    const [x, y] = this.scenePoint(event);
    const node = this.nodeAt(x, y);
    if (node || !this.parts) return node;
    let best, least = 9 / this.camera.scale + 3;
    for (const edge of this.parts.edges) {
      for (let i = 0; i < edge.xy.length; i += 2) {
        const away = Math.hypot(edge.xy[i] - x, edge.xy[i + 1] - y);
        if (away < least) [best, least] = [edge, away];
      }
    }
    return best ?? this.overlay.partOf(event.target);
  }

  drag(node, dx, dy) {
    node.goal = [node.x + dx, node.y + dy];
    [node.x, node.y] = node.goal;
    this.pins.set(node.name, node.goal);
    for (const edge of this.parts.edges) if (edge.from === node.id || edge.to === node.id) route(this.parts, edge);
    this.overlay.place();
    this.change();
  }

  pin(node) {
    const [x, y] = node.goal.map(Math.round);
    this.change(() => this.pins.set(node.name, [x, y]));
    this.on.onPin?.(node.id, x, y);
  }

  togglePin(part) {
    if (!part?.w || this.turned) return;
    if (!this.pins.delete(part.name)) return this.pin(part);
    this.lay(true);
    this.on.onPin?.(part.id, null, null);
  }

  choose(part) {
    if (part === this.selected) return;
    this.mark(part);
    this.on.onSelect?.(this.selection);
  }

  mark(part) {
    this.selected = part;
    this.overlay.mark(part);
    this.change();
  }

  /** Chooses without telling. @param {{node?: number, edge?: number} | null} which */
  select(which) {
    const { nodes = [], edges = [] } = this.parts ?? {};
    this.mark((which && (which.node != null ? nodes[which.node] : edges.find(({ id }) => id === which.edge))) ?? null);
  }

  key({ key, shiftKey }) {
    const way = { ArrowLeft: [60, 0], ArrowRight: [-60, 0], ArrowUp: [0, 60], ArrowDown: [0, -60] }[key];
    if (way && shiftKey) this.change(() => this.camera.pan(way[0], way[1], this.still));
    else if (key === "+" || key === "=") this.zoomBy(1.25);
    else if (key === "-") this.zoomBy(0.8);
    else if (key === "0") this.fit();
    else if (key === "Escape" && this.selected) this.choose(null);
    else return false;
    return true;
  }

  fit(at_once = false) {
    if (this.parts && this.width) this.change(() => this.camera.fit(extent(this.parts), this.width, this.height, at_once || this.still, this.turned ? 36 : 0)); // what is said lies on top
  }

  zoomBy(factor) {
    this.change(() => this.camera.zoom(factor, this.width / 2, this.height / 2, this.still));
  }

  theme() {
    this.change(() => (this.colors = themeOf(this.host)));
  }

  /** @param {"full" | "slow" | "off"} mode */
  motion(mode) {
    this.mode = mode;
    if (this.still) this.particles.alive = this.coast = 0;
    this.change();
  }

  resize() {
    const { width, height } = this.host.getBoundingClientRect();
    if (width === this.width && height === this.height && this.ratio === devicePixelRatio) return;
    Object.assign(this, { width, height, ratio: devicePixelRatio || 1 });
    for (const { canvas } of this.layers) [canvas.width, canvas.height] = [width, height].map((side) => Math.round(side * this.ratio));
    if (!this.parts || !width) return;
    if (this.turned !== this.narrow) this.lay(true);
    if (!this.camera.moved) this.fit(true);
    this.dirtyEdges = this.dirtyNodes = true;
    this.tick(0);
  }

  async svg() {
    return (await import("./export.mjs")).svgOf(this);
  }

  async png() {
    return (await import("./export.mjs")).pngOf(this);
  }

  paintWhole(pen) {
    paintEdges(pen, this.parts, this.view);
    if (!pen.ctx.svg && !this.still) this.particles.draw(pen.ctx, this.colors, 1);
    paintNodes(pen, this.parts, this.view);
    paintLabels(pen, this.parts, this.view);
  }

  /** Records until the answer is called, which resolves with a WebM. */
  record() {
    const recording = import("./export.mjs").then(({ recordWebm }) => recordWebm(this));
    return async () => (await recording)();
  }

  destroy() {
    this.end.abort();
    this.observer.disconnect();
    cancelAnimationFrame(this.waiting);
    this.host.classList.remove("picture");
    this.host.replaceChildren();
  }
}
