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
  /** @type {{from: number[], to: number[], ms: number} | null} */
  glide = null;

  go(scale, x, y, at_once) {
    if (at_once) Object.assign(this, { scale, x, y, glide: null });
    else this.glide = { from: [this.scale, this.x, this.y], to: [scale, x, y], ms: 0 };
  }

  step(dt) {
    if (!this.glide) return false;
    const { from, to } = this.glide;
    this.glide.ms += dt;
    const left = Math.max(1 - this.glide.ms / GLIDE_MS, 0) ** 3;
    [this.scale, this.x, this.y] = to.map((goal, i) => goal + (from[i] - goal) * left);
    if (!left) this.glide = null;
    return true;
  }

  /** Shows all of it, below `top`. */
  fit(extent, width, height, at_once, top = 0) {
    const scale = Math.max(Math.min(width / extent.width, (height - top) / extent.height, 1.5), SCALE_MIN);
    this.moved = false;
    this.go(scale, width / 2 - (extent.left + extent.width / 2) * scale, (height + top) / 2 - (extent.top + extent.height / 2) * scale, at_once);
  }

  zoom(factor, px, py, at_once) {
    const scale = Math.min(Math.max(this.scale * factor, SCALE_MIN), SCALE_MAX);
    const by = scale / this.scale;
    this.moved = true;
    this.go(scale, px - (px - this.x) * by, py - (py - this.y) * by, at_once);
  }

  pan(dx, dy, at_once) {
    this.moved = true;
    this.go(this.scale, this.x + dx, this.y + dy, at_once);
  }

  /** Brings a place into view. */
  show({ x, y, w, h }, width, height, at_once) {
    const off = (from, size, room) => Math.max(Math.min(room - 12 - from - size, 0), 12 - from > 0 ? 12 - from : -Infinity);
    const [dx, dy] = [off(x * this.scale + this.x, w * this.scale, width), off(y * this.scale + this.y, h * this.scale, height)];
    if (dx || dy) this.pan(dx, dy, at_once);
  }
}

/**
 * Pointers on the host: one drags a part or the scene, two pinch, and without a way it is a tap.
 * @param {{grab(event): any, drag(part, dx, dy): void, drop(part): void, tap(event): void, hover(event): void, moved(): void}} on
 */
export function takeGestures(host, camera, on, signal) {
  /** @type {Map<number, {x: number, y: number}>} */
  const down = new Map();
  let part = null, way = 0;
  const place = ({ clientX, clientY }) => {
    const { left, top } = host.getBoundingClientRect();
    return { x: clientX - left, y: clientY - top };
  };
  const listen = (names, act) => names.split(" ").forEach((name) => host.addEventListener(name, act, { signal, passive: false }));
  listen("pointerdown", (event) => {
    if (event.button > 0) return;
    down.set(event.pointerId, place(event));
    part = down.size === 1 ? on.grab(event) : null;
    way = 0;
  });
  listen("pointermove pointerleave", (event) => {
    const before = down.get(event.pointerId);
    if (!before) return on.hover(event);
    const now = place(event);
    const [dx, dy] = [now.x - before.x, now.y - before.y];
    way += Math.hypot(dx, dy);
    if (down.size < 2 && way < 4) return;
    down.set(event.pointerId, now);
    host.setPointerCapture(event.pointerId);
    if (part) return on.drag(part, dx / camera.scale, dy / camera.scale);
    const other = [...down].find(([id]) => id !== event.pointerId)?.[1];
    if (other) {
      const apart = (at) => Math.hypot(at.x - other.x, at.y - other.y) || 1;
      camera.zoom(apart(now) / apart(before), (now.x + other.x) / 2, (now.y + other.y) / 2, true);
    }
    camera.pan(dx / down.size, dy / down.size, true);
    on.moved();
  });
  listen("pointerup pointercancel", (event) => {
    if (!down.delete(event.pointerId)) return;
    if (way < 4 && event.type === "pointerup") on.tap(event);
    else if (part) on.drop(part);
    part = null;
  });
  listen("wheel", (event) => {
    event.preventDefault();
    const { x, y } = place(event);
    camera.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 16 : 1) * (event.ctrlKey ? 0.01 : 0.0016)), x, y, true);
    on.moved();
  });
}
