// @ts-check
// Where one stands: pan and zoom of the scene on the screen, by wheel, fingers, pointer and keys.

const [SCALE_MIN, SCALE_MAX] = [0.12, 4];
const GLIDE_MS = 200;

export class Camera {
  scale = 1;
  x = 0;
  y = 0;
  /** Once the reader has moved it, a new size of the window no longer fits the scene. */
  moved = false;
  #glide = null;

  /** @param {() => void} changed @param {() => boolean} still no motion wanted */
  constructor(changed, still) {
    this.changed = changed;
    this.still = still;
  }

  toScene(px, py) {
    return [(px - this.x) / this.scale, (py - this.y) / this.scale];
  }

  get gliding() {
    return this.#glide !== null;
  }

  go(scale, x, y, at_once = false) {
    if (at_once || this.still()) {
      this.#glide = null;
      Object.assign(this, { scale, x, y });
    } else this.#glide = { from: [this.scale, this.x, this.y], to: [scale, x, y], ms: 0 };
    this.changed();
  }

  step(dt) {
    if (!this.#glide) return;
    const { from, to } = this.#glide;
    this.#glide.ms += dt;
    const left = Math.max(1 - this.#glide.ms / GLIDE_MS, 0) ** 3;
    [this.scale, this.x, this.y] = to.map((value, i) => value + (from[i] - value) * left);
    if (left === 0) this.#glide = null;
    this.changed();
  }

  fit(scene, width, height, at_once) {
    const margin = Math.min(28, width * 0.035);
    const scale = Math.min((width - 2 * margin) / scene.width, (height - 2 * margin) / scene.height, 1.25);
    this.moved = false;
    const clear = Math.max(scale, SCALE_MIN);
    this.go(clear, (width - scene.width * clear) / 2, (height - scene.height * clear) / 2, at_once);
  }

  zoom(factor, px, py, at_once = false) {
    const scale = Math.min(Math.max(this.scale * factor, SCALE_MIN), SCALE_MAX);
    const by = scale / this.scale;
    this.moved = true;
    this.go(scale, px - (px - this.x) * by, py - (py - this.y) * by, at_once);
  }

  pan(dx, dy, at_once = true) {
    this.moved = true;
    this.go(this.scale, this.x + dx, this.y + dy, at_once);
  }

  /** Brings a place into view. */
  show({ x, y, w, h }, width, height) {
    const [left, top] = [x * this.scale + this.x, y * this.scale + this.y];
    const off = (from, size, room) => (from < 12 ? 12 - from : from + size > room - 12 ? Math.max(room - 12 - from - size, 12 - from) : 0);
    const [dx, dy] = [off(left, w * this.scale, width), off(top, h * this.scale, height)];
    if (dx || dy) this.pan(dx, dy, false);
  }
}

/**
 * Pointers on the host: one drags a part or the scene, two pinch, a click without a way is a tap.
 * @param {HTMLElement} host @param {Camera} camera
 * @param {{grab(event): any, drag(part, dx, dy): void, drop(part): void, tap(event): void, hover(event): void}} on
 */
export function takeGestures(host, camera, on, signal) {
  /** @type {Map<number, {x: number, y: number}>} */
  const down = new Map();
  let part = null, way = 0;
  const place = (event) => {
    const box = host.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  };
  const start = (event) => {
    if (event.button > 0) return;
    down.set(event.pointerId, place(event));
    part = down.size === 1 ? on.grab(event) : null;
    way = 0;
  };
  const move = (event) => {
    const before = down.get(event.pointerId);
    if (!before) return on.hover(event);
    const now = place(event);
    down.set(event.pointerId, now);
    way += Math.hypot(now.x - before.x, now.y - before.y);
    if (down.size === 2) return pinch(camera, down, event.pointerId, before);
    if (way < 4) return;
    if (!host.hasPointerCapture(event.pointerId)) host.setPointerCapture(event.pointerId);
    if (part) on.drag(part, (now.x - before.x) / camera.scale, (now.y - before.y) / camera.scale);
    else camera.pan(now.x - before.x, now.y - before.y);
  };
  const stop = (event) => {
    if (!down.delete(event.pointerId)) return;
    if (way >= 4 && part) on.drop(part);
    else if (way < 4 && event.type === "pointerup") on.tap(event);
    part = null;
  };
  const wheel = (event) => {
    event.preventDefault();
    const { x, y } = place(event);
    const lines = event.deltaMode === 1 ? 16 : 1;
    camera.zoom(Math.exp(-event.deltaY * lines * (event.ctrlKey ? 0.01 : 0.0016)), x, y, true);
  };
  host.addEventListener("pointerdown", start, { signal });
  host.addEventListener("pointermove", move, { signal });
  host.addEventListener("pointerleave", on.hover, { signal });
  for (const end of ["pointerup", "pointercancel"]) host.addEventListener(end, stop, { signal });
  host.addEventListener("wheel", wheel, { signal, passive: false });
}

function pinch(camera, down, id, before) {
  const now = down.get(id);
  const [other] = [...down].filter(([key]) => key !== id).map(([, at]) => at);
  const apart = (at) => Math.hypot(at.x - other.x, at.y - other.y) || 1;
  camera.zoom(apart(now) / apart(before), (now.x + other.x) / 2, (now.y + other.y) / 2, true);
  camera.pan((now.x - before.x) / 2, (now.y - before.y) / 2);
}
