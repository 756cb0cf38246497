// @ts-check
// The editor before CodeMirror has arrived, or where it cannot: a textarea in the same type and place.

/** @param {HTMLElement} frame @param {string} source @param {import("../editor.mjs").Hooks} hooks @returns {import("../editor.mjs").Surface} */
export function mountPlain(frame, source, hooks) {
  const area = document.createElement("textarea");
  Object.assign(area, { className: "ed-plain", value: source, spellcheck: false, wrap: "off", autocapitalize: "off", autocomplete: "off" });
  area.setAttribute("aria-label", "Model, in sysdl");
  area.setSelectionRange(0, 0);
  frame.append(area);
  let composing = false;
  area.addEventListener("compositionstart", () => (composing = true));
  area.addEventListener("compositionend", () => (composing = false));
  area.addEventListener("input", () => hooks.changed(area.value));
  area.addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey) hooks.definition(area.selectionStart);
  });

  /** @param {number} at */
  const place = (at) => {
    const lines = area.value.slice(0, at).split("\n");
    const style = getComputedStyle(area);
    const line = parseFloat(style.lineHeight);
    const [left, top] = [parseFloat(style.paddingLeft), parseFloat(style.paddingTop)];
    return { left: left + lines[lines.length - 1].length * parseFloat(style.fontSize) * 0.6 - area.scrollLeft, top: top + lines.length * line - area.scrollTop };
  };
  /** @param {import("../editor.mjs").Range} range */
  const reveal = (range) => {
    const { top } = place(range.from);
    if (top < 0 || top > area.clientHeight) area.scrollTop += top - area.clientHeight / 2;
  };
  return {
    source: () => area.value,
    setSource(text) {
      const { selectionStart, selectionEnd } = area;
      area.value = text;
      area.setSelectionRange(selectionStart, selectionEnd);
    },
    edit(edits) {
      for (const { from, to, text } of edits.toSorted((a, b) => b.from - a.from)) area.setRangeText(text, from, to, "preserve");
      hooks.changed(area.value);
    },
    selection: () => ({ from: area.selectionStart, to: area.selectionEnd }),
    select(range) {
      area.setSelectionRange(range.from, range.to);
      reveal(range);
    },
    reveal,
    focus: () => area.focus(),
    focused: () => document.activeElement === area,
    mark() {},
    place,
    scroll: (top = area.scrollTop) => (area.scrollTop = top),
    busy: () => composing,
    close: () => area.remove(),
  };
}
