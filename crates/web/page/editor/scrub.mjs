// @ts-check
// Numbers that can be dragged: by the bar under the number that the pointer is on, by the number itself while Alt is held, or Alt-↑ and Alt-↓ at the cursor.

/** @typedef {{from: number, to: number, value: number, decimals: number, unit: boolean}} Quantity */

const PIXELS_PER_STEP = 4;

/** The number of a line at a column, its unit included in what counts as being on it. @param {string} line @param {number} column @returns {Quantity | undefined} */
export function quantityAt(line, column) {
  for (const match of line.matchAll(/(?<![\w.])\d[\d_]*(\.\d+)?(%|[A-Za-zµ]*(\/[A-Za-z]+)?)/g)) {
    if (column < match.index || column > match.index + match[0].length) continue;
    const before = line.slice(0, match.index);
    if (before.includes("//") || before.split('"').length % 2 === 0 || /^\s*sysdl\s/.test(before)) return undefined;
    const digits = match[0].slice(0, match[0].length - match[2].length);
    const to = match.index + digits.length;
    return { from: match.index, to, value: Number(digits.replaceAll("_", "")), decimals: match[1] ? match[1].length - 1 : 0, unit: match[2] !== "" };
  }
}

/** The text of a number so many steps away: a step is a tenth of its magnitude, whole for a count. Never zero, unless it was. @param {Quantity} quantity @param {number} steps */
export function stepped({ value, decimals, unit }, steps) {
  const tenth = value > 0 ? 10 ** (Math.floor(Math.log10(value)) - 1) : 1;
  const step = unit || decimals ? tenth : Math.max(1, tenth);
  const places = Math.max(decimals, Math.ceil(-Math.log10(step) - 1e-9), 0);
  const text = Math.max(value > 0 ? step : 0, value + steps * step).toFixed(places);
  return places > decimals ? text.replace(decimals ? /0+$/ : /\.?0+$/, "") : text;
}

/** The extension. @param {any} cm what vendor.mjs exports */
export function scrubbing({ EditorView, Prec, Transaction, ViewPlugin, keymap }) {
  /** @param {any} view @param {number} at */
  const find = (view, at) => {
    const line = view.state.doc.lineAt(at);
    const quantity = view.state.readOnly ? undefined : quantityAt(line.text, at - line.from);
    return quantity && { ...quantity, from: line.from + quantity.from, to: line.from + quantity.to };
  };

  class Scrubber {
    /** @param {any} view */
    constructor(view) {
      this.view = view;
      /** @type {Quantity | undefined} */
      this.quantity = undefined;
      this.dragging = false;
      this.bar = document.createElement("span");
      Object.assign(this.bar, { className: "ed-scrub", title: "Drag to change the number", hidden: true });
      this.bar.setAttribute("aria-hidden", "true");
      this.bar.addEventListener("pointerdown", (event) => this.quantity && this.drag(event, this.quantity));
      view.scrollDOM.append(this.bar);
    }

    /** @param {{docChanged: boolean, viewportChanged: boolean}} update */
    update({ docChanged, viewportChanged }) {
      if ((docChanged && !this.dragging) || viewportChanged) this.bar.hidden = true;
    }

    destroy() {
      this.bar.remove();
    }

    /** @param {MouseEvent} event */
    hover(event) {
      if (this.dragging || event.target === this.bar) return;
      const at = this.view.posAtCoords({ x: event.clientX, y: event.clientY });
      this.quantity = at === null ? undefined : find(this.view, at);
      this.place();
    }

    place() {
      const { quantity, view } = this;
      const [from, to] = quantity ? [view.coordsAtPos(quantity.from, 1), view.coordsAtPos(quantity.to, -1)] : [];
      this.bar.hidden = !from || !to;
      if (!from || !to) return;
      const box = view.scrollDOM.getBoundingClientRect();
      const [left, top] = [from.left - box.left + view.scrollDOM.scrollLeft, from.bottom - box.top + view.scrollDOM.scrollTop - 3];
      Object.assign(this.bar.style, { left: `${left}px`, top: `${top}px`, width: `${to.left - from.left}px` });
    }

    /** Follows the pointer until it is let go. The whole drag is one step for undo. @param {PointerEvent} event @param {Quantity} quantity */
    drag(event, quantity) {
      event.preventDefault();
      const { view } = this;
      const first = view.state.sliceDoc(quantity.from, quantity.to);
      let end = quantity.to;
      let text = first;
      /** @param {string} insert @param {boolean} kept */
      const put = (insert, kept) => {
        view.dispatch({ changes: { from: quantity.from, to: end, insert }, annotations: Transaction.addToHistory.of(kept), userEvent: "scrub" });
        end = quantity.from + insert.length;
      };
      const move = (/** @type {PointerEvent} */ { clientX, shiftKey }) => {
        const next = stepped(quantity, Math.round((clientX - event.clientX) / PIXELS_PER_STEP) * (shiftKey ? 10 : 1));
        if (next === text) return;
        put((text = next), false);
        this.quantity = { ...quantity, to: end };
        view.requestMeasure({ read: () => this.place() });
      };
      const stop = () => {
        removeEventListener("pointermove", move);
        removeEventListener("pointerup", stop);
        removeEventListener("pointercancel", stop);
        view.dom.classList.remove("ed-scrubbing");
        if (text !== first) {
          put(first, false);
          put(text, true);
        }
        this.dragging = false;
      };
      this.dragging = true;
      view.dom.classList.add("ed-scrubbing");
      addEventListener("pointermove", move);
      addEventListener("pointerup", stop);
      addEventListener("pointercancel", stop);
    }
  }

  const plugin = ViewPlugin.fromClass(Scrubber, {
    eventHandlers: {
      /** @this {Scrubber} @param {MouseEvent} event */
      mousemove(event) {
        this.hover(event);
      },
      /** @this {Scrubber} @param {MouseEvent} event */
      mouseleave(event) {
        if (!this.dragging && event.relatedTarget !== this.bar) this.bar.hidden = true;
      },
      /** @this {Scrubber} @param {PointerEvent} event */
      pointerdown(event) {
        const quantity = event.altKey && event.button === 0 ? this.quantity : undefined;
        if (quantity) this.drag(event, quantity);
        return Boolean(quantity);
      },
      /** @this {Scrubber} */
      mousedown() {
        return this.dragging; // no selection while a number is dragged
      },
    },
  });

  /** @param {number} steps */
  const nudge = (steps) => (/** @type {any} */ view) => {
    const quantity = find(view, view.state.selection.main.head);
    if (!quantity) return false; // then the key moves the line, as it does elsewhere
    view.dispatch({ changes: { ...quantity, insert: stepped(quantity, steps) }, userEvent: "input.nudge" });
    return true;
  };
  return [plugin, Prec.high(keymap.of([{ key: "Alt-ArrowUp", run: nudge(1) }, { key: "Alt-ArrowDown", run: nudge(-1) }]))];
}
