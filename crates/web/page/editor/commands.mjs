// @ts-check
// What changes a text as a whole: rename, format. Fetched when first asked for.

/** @typedef {{surface: import("../editor.mjs").Surface, compiler: import("../editor.mjs").Compiler, frame: HTMLElement, say(words: string): void, renamed(from: string, to: string): void}} Place */

/** @param {Place} place */
export async function format({ surface, compiler, say }) {
  const before = surface.source();
  const { source: text, error } = await compiler.call("format", { source: before });
  if (error) say(`This cannot be formatted yet: ${error}`);
  else if (text !== before && surface.source() === before) surface.edit([difference(before, text)]);
}

/** @param {Place} place */
export async function rename({ surface, compiler, frame, say, renamed }) {
  const before = surface.source();
  const word = wordAt(before, surface.selection().from);
  if (!word) return say("Put the cursor on a name to rename it.");
  const from = before.slice(word.from, word.to);
  const to = await ask(frame, surface.place(word.from), from);
  surface.focus();
  if (!to) return;
  const { edits, error } = await compiler.call("rename", { source: before, at: word.from, to });
  if (error) return say(error);
  if (surface.source() !== before) return;
  renamed(from, to);
  surface.edit(edits);
}

/** A field over the name; the new one, or nothing. @param {HTMLElement} frame @param {{left: number, top: number}} place @param {string} name */
function ask(frame, place, name) {
  const input = Object.assign(document.createElement("input"), { value: name, size: Math.max(name.length + 4, 12), spellcheck: false });
  input.setAttribute("aria-label", `New name of ${name}`);
  const hint = Object.assign(document.createElement("span"), { className: "ed-hint", textContent: "Enter renames, Esc does not" });
  const form = Object.assign(document.createElement("form"), { className: "ed-rename" });
  form.append(input, hint);
  Object.assign(form.style, { left: `${place.left}px`, top: `${place.top}px` });
  frame.append(form);
  input.select();
  return new Promise((/** @type {(to?: string) => void} */ answer) => {
    let open = true;
    const close = (/** @type {string} */ to) => {
      if (!open) return;
      open = false; // or else the blur that removal causes would remove it once more
      answer(to && to !== name ? to : undefined);
      form.remove();
    };
    form.onsubmit = (event) => {
      event.preventDefault();
      close(input.value.trim());
    };
    form.onkeydown = (event) => {
      event.stopPropagation();
      if (event.key === "Escape") close("");
    };
    form.addEventListener("focusout", () => close(""));
  });
}

/** The one edit that makes `after` of `before`: all between what they have in common at both ends. @param {string} before @param {string} after */
export function difference(before, after) {
  const shorter = Math.min(before.length, after.length);
  let head = 0;
  while (head < shorter && before[head] === after[head]) head += 1;
  let tail = 0;
  while (tail < shorter - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1;
  return { from: head, to: before.length - tail, text: after.slice(head, after.length - tail) };
}

/** @param {string} text @param {number} at @returns {import("../editor.mjs").Range | undefined} */
function wordAt(text, at) {
  let [from, to] = [at, at];
  while (/\w/.test(text[from - 1] ?? "")) from -= 1;
  while (/\w/.test(text[to] ?? "")) to += 1;
  return /[A-Za-z_]/.test(text[from] ?? "") ? { from, to } : undefined;
}
