// @ts-check
// The picture for the keyboard and for those who do not see it: one option for each component and each edge, in its place.

import { pointAt } from "./curve.mjs";
import { saying } from "./parts.mjs";

const STYLE = `
.picture { position: relative; overflow: hidden; touch-action: none; user-select: none; -webkit-user-select: none; }
.picture:focus-visible { outline: none; }
.picture > canvas { position: absolute; inset: 0; width: 100%; height: 100%; pointer-events: none; }
.picture > [role="listbox"] { position: absolute; inset: 0 auto auto 0; transform-origin: 0 0; }
.picture [role="option"] { position: absolute; border-radius: 8px; outline: none; cursor: pointer; }
.picture [role="option"]:focus-visible { outline: calc(2px / var(--scale)) solid var(--accent); outline-offset: calc(3px / var(--scale)); }`;
const HANDLE = 20;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Overlay {
  turn = 0;
  /** @type {any[]} */
  parts = [];

  /** @param {{choose(part): void, pin(part): void, key(event): boolean, focus(part): void}} on */
  constructor(host, on, signal) {
    const style = Object.assign(document.createElement("style"), { textContent: STYLE });
    this.list = element("listbox", "Components and connections");
    host.append(style, this.list);
    this.on = on;
    this.list.addEventListener("keydown", (event) => this.key(event), { signal });
    this.list.addEventListener("focusin", ({ target }) => {
      const part = this.partOf(target);
      this.stopAt(part);
      if (part?.option.matches(":focus-visible")) on.focus(part);
    }, { signal });
  }

  /** Options for these parts; the one that had the focus keeps it. */
  setParts({ nodes, edges }, selected) {
    const focused = this.partOf(document.activeElement)?.name;
    this.parts = [...edges, ...nodes];
    for (const part of this.parts) {
      part.option = element("option", saying(part));
      part.option.dataset[part.w ? "node" : "edge"] = part.name;
    }
    this.list.replaceChildren(...this.parts.map(({ option }) => option));
    this.stopAt(nodes.find(({ source }) => source) ?? nodes[0]);
    this.mark(selected);
    this.place();
    if (focused) this.parts.find(({ name }) => name === focused)?.option.focus({ preventScroll: true });
  }

  place() {
    for (const part of this.parts) {
      const { x, y, w, h } = placeOf(part);
      part.option.style.cssText = `left:${x}px;top:${y}px;width:${w}px;height:${h}px`;
    }
  }

  move({ scale, x, y }) {
    this.list.style.cssText = `transform:translate(${x}px,${y}px) scale(${scale});--scale:${scale}`;
  }

  /** Says a few parts at a time, so that no frame pays for all of them. */
  say() {
    for (let i = 0; i < Math.min(12, this.parts.length); i++) {
      const part = this.parts[++this.turn % this.parts.length];
      const text = saying(part);
      if (part.said !== text) part.said = part.option.ariaLabel = text;
    }
  }

  mark(selected) {
    for (const part of this.parts) part.option.ariaSelected = String(part === selected);
    if (selected) this.stopAt(selected);
  }

  partOf(target) {
    return this.parts.find(({ option }) => option === target);
  }

  /** Where Tab enters. */
  stopAt(part) {
    for (const other of this.parts) other.option.tabIndex = other === part ? 0 : -1;
  }

  key(event) {
    const part = this.partOf(event.target);
    if (!part || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = WAYS[event.key];
    if (way && !event.shiftKey) this.next(part, way)?.option.focus({ preventScroll: true });
    else if (event.key === "Enter") this.on.choose(part);
    else if (event.key.toLowerCase() === "p") this.on.pin(part);
    else if (!this.on.key(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The nearest part that way; what lies aside counts double. */
  next(part, [dx, dy]) {
    const from = placeOf(part);
    const far = (other) => {
      const { x, y, w, h } = placeOf(other);
      const [ax, ay] = [x + w / 2 - from.x - from.w / 2, y + h / 2 - from.y - from.h / 2];
      const along = ax * dx + ay * dy;
      return along < 4 ? Infinity : along + 2 * Math.abs(ax * dy + ay * dx);
    };
    const best = this.parts.reduce((a, b) => (far(b) < far(a) ? b : a));
    return far(best) < Infinity ? best : undefined;
  }
}

/** The box of a node, or a handle in the middle of an edge. */
export function placeOf(part) {
  if (part.w) return part;
  const [x, y] = pointAt(part.xy, 0.5);
  return { x: x - HANDLE / 2, y: y - HANDLE / 2, w: HANDLE, h: HANDLE };
}

function element(role, label) {
  const made = document.createElement("div");
  made.setAttribute("role", role);
  made.ariaLabel = label;
  return made;
}
