// @ts-check
// The picture for the keyboard and for those who do not see it: one option for each component and each edge, in its place.

import { pointAt } from "./curve.mjs";

const STYLE = `
.picture { position: relative; overflow: hidden; touch-action: none; user-select: none; -webkit-user-select: none; }
.picture canvas, .picture [role="listbox"] { position: absolute; inset: 0; }
.picture canvas { width: 100%; height: 100%; pointer-events: none; }
.picture [role="listbox"] { transform-origin: 0 0; width: 0; height: 0; }
.picture [role="option"] { position: absolute; border-radius: 8px; outline: none; cursor: pointer; }
.picture [role="option"]:focus-visible { outline: calc(2px / var(--scale)) solid var(--accent); outline-offset: calc(3px / var(--scale)); }
`;
const HANDLE = 20;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class Overlay {
  /** @param {HTMLElement} host @param {{select(part): void, pin(part): void, key(event): boolean, focus(part): void}} on */
  constructor(host, on, signal) {
    const style = document.createElement("style");
    style.textContent = STYLE;
    this.list = document.createElement("div");
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", "Components and connections");
    host.append(style, this.list);
    this.on = on;
    /** @type {Map<any, HTMLElement>} */
    this.options = new Map();
    this.list.addEventListener("keydown", (event) => this.#key(event), { signal });
    this.list.addEventListener("focusin", (event) => this.#focused(event.target), { signal });
  }

  /** Options for these parts; one that had the focus keeps it. */
  setParts(parts, selected) {
    const focused = this.list.contains(document.activeElement) ? document.activeElement?.getAttribute("data-key") : null;
    this.parts = parts;
    this.options = new Map([...parts.edges, ...parts.nodes].map((part) => [part, optionOf(part)]));
    this.list.replaceChildren(...this.options.values());
    const first = parts.nodes.find((node) => node.source) ?? parts.nodes[0];
    this.#tabStop(this.options.get(first));
    this.mark(selected);
    this.place();
    if (focused) [...this.options.values()].find((option) => option.dataset.key === focused)?.focus({ preventScroll: true });
  }

  place() {
    for (const [part, { style }] of this.options) {
      const { x, y, w, h } = this.placeOf(part);
      style.cssText = `left:${x}px;top:${y}px;width:${w}px;height:${h}px`;
    }
  }

  placeOf(part) {
    if (part.w) return part;
    const [x, y] = pointAt(part.xy, 0.5);
    return { x: x - HANDLE / 2, y: y - HANDLE / 2, w: HANDLE, h: HANDLE };
  }

  transform({ scale, x, y }) {
    this.list.style.cssText = `transform:translate(${x}px,${y}px) scale(${scale});--scale:${scale}`;
  }

  /** Says a few parts at a time, so that no frame pays for all of them. */
  say(limit = 16) {
    const all = [...this.options];
    for (let i = 0; i < Math.min(limit, all.length); i++) {
      const [part, option] = all[(this.turn = ((this.turn ?? 0) + 1) % all.length)];
      const text = part.shown.text || part.name;
      if (option.ariaLabel !== text) option.ariaLabel = text;
    }
  }

  mark(selected) {
    for (const [part, option] of this.options) option.setAttribute("aria-selected", String(part === selected));
    if (selected) this.#tabStop(this.options.get(selected));
  }

  partOf(element) {
    const option = element instanceof Element ? element.closest('[role="option"]') : null;
    return option ? this.#partOfOption(option) : undefined;
  }

  #partOfOption(option) {
    for (const [part, element] of this.options) if (element === option) return part;
  }

  #focused(option) {
    this.#tabStop(option);
    const part = this.#partOfOption(option);
    if (part && option.matches(":focus-visible")) this.on.focus(part);
  }

  #tabStop(option) {
    for (const other of this.options.values()) other.tabIndex = other === option ? 0 : -1;
  }

  #key(event) {
    const part = this.partOf(event.target);
    if (!part || event.ctrlKey || event.metaKey || event.altKey) return;
    const way = WAYS[event.key];
    if (way && !event.shiftKey) this.#next(part, way)?.focus({ preventScroll: true });
    else if (event.key === "Enter") this.on.select(part);
    else if (event.key.toLowerCase() === "p") this.on.pin(part);
    else if (!this.on.key(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** The nearest part that way; what lies aside counts double. */
  #next(part, [dx, dy]) {
    const middle = ({ x, y, w, h }) => [x + w / 2, y + h / 2];
    const [px, py] = middle(this.placeOf(part));
    let best, least = Infinity;
    for (const [other, option] of this.options) {
      const [x, y] = middle(this.placeOf(other));
      const along = (x - px) * dx + (y - py) * dy;
      const aside = Math.abs((x - px) * dy + (y - py) * dx);
      if (other === part || along < 4 || along + 2 * aside >= least) continue;
      least = along + 2 * aside;
      best = option;
    }
    return best;
  }
}

function optionOf(part) {
  const option = document.createElement("div");
  option.setAttribute("role", "option");
  option.ariaLabel = part.name;
  option.dataset[part.w ? "node" : "edge"] = part.name;
  option.dataset.key = part.name;
  return option;
}
