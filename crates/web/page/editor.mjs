// @ts-check
// The editor of a model: a textarea at once, CodeMirror in its place when that has arrived. Both are a `Surface`; what one can do with a text (problems,
// rename, format, definition) is here, once for both.

import { mountPlain } from "./editor/plain.mjs";
import { mountProblems } from "./editor/problems.mjs";
import { STYLE } from "./editor/style.mjs";

/**
 * @typedef {{from: number, to: number}} Range UTF-16 offsets into the text
 * @typedef {Range & {text: string}} Edit
 * @typedef {Range & {code: string, severity: "error"|"warning", message: string, label?: string, line: number, column: number, help?: string, edit?: Edit,
 *   others?: Edit[]}} Diagnostic
 * @typedef {{call(op: string, args: object): Promise<any>, ready?: Promise<void>}} Compiler
 * @typedef {{source(): string, setSource(text: string, keepHistory: boolean): void, edit(edits: Edit[]): void, selection(): Range, select(range: Range): void,
 *   reveal(range: Range): void, focus(): void, focused(): boolean, readOnly(on: boolean): void, mark(list: Diagnostic[]): void, highlight(ranges: Range[]): void,
 *   place(at: number): {left: number, top: number}, scroll(top?: number): number, busy(): boolean, close(): void}} Surface
 * @typedef {{changed(text: string): void, moved(at: number): void, definition(at: number): void, explain: (diagnostic: Diagnostic) => Node, compiler: Compiler}} Hooks
 */

/** What the keys of the editor do, for the page's help. */
export const editorKeys = [
  ["Ctrl-Space", "complete"], ["F2", "rename"], ["F12 or Ctrl-click", "go to the definition"], ["Shift-Alt-F", "format"],
  ["Alt-drag, Alt-↑, Alt-↓", "change the number under the pointer or the cursor"], ["F8", "next problem"], ["Ctrl-F", "search"],
  ["Esc, then Tab", "leave the editor (Tab alone leaves it too, unless a list of completions is open)"],
];

/**
 * Mounts the editor. `onChange` tells what the reader changed, never what `setSource` did; `onCursor` where the reader put the cursor; `onDefinition` where a
 * definition was followed to. CodeMirror is fetched when `after` is settled (the compiler's arrival by default), or earlier if the reader goes to the editor.
 * @param {HTMLElement} host
 * @param {{source: string, onChange(source: string): void, compiler: Compiler, onDefinition?(range: Range): void, onCursor?(at: number): void,
 *   after?: Promise<unknown>}} options
 */
export function mountEditor(host, { source, onChange, compiler, onDefinition, onCursor, after = compiler.ready }) {
  addStyle();
  const frame = element("div", "ed-frame");
  const problems = mountProblems({ compiler, reveal: (range) => go(range), fix: (edit) => surface.edit([edit]) });
  host.classList.add("ed");
  host.replaceChildren(frame, problems.node);

  let last = source;
  let diagnostics = /** @type {Diagnostic[]} */ ([]);
  let marked = /** @type {Range[]} */ ([]);
  let locked = false;
  /** @type {Hooks} */
  const hooks = {
    compiler,
    explain: problems.describe,
    changed(text) {
      if (text === last) return;
      last = text;
      onChange(text);
    },
    moved: (at) => onCursor?.(at),
    definition,
  };
  /** @type {Surface} */
  let surface = mountPlain(frame, source, hooks);

  /** @param {Range} range */
  function go(range) {
    surface.select(range);
    surface.focus();
  }

  /** @param {number} at */
  async function definition(at) {
    const range = await compiler.call("definition", { source: surface.source(), at });
    if (!range) return problems.say("There is no definition of this in the text.");
    go(range);
    onDefinition?.(range);
  }

  async function format() {
    const before = surface.source();
    const { source: text, error } = await compiler.call("format", { source: before });
    if (error) problems.say(`This cannot be formatted yet: ${error}`);
    else if (text !== before && surface.source() === before) surface.edit([difference(before, text)]);
  }

  function rename() {
    const before = surface.source();
    const word = wordAt(before, surface.selection().from);
    if (!word) return problems.say("Put the cursor on a name to rename it.");
    askName(frame, surface.place(word.from), before.slice(word.from, word.to), async (to) => {
      surface.focus();
      if (to === undefined) return;
      const { edits, error } = await compiler.call("rename", { source: before, at: word.from, to });
      if (error) problems.say(error);
      else if (surface.source() === before) surface.edit(edits);
    });
  }

  const commands = /** @type {[string, () => unknown][]} */ ([
    ["F2", rename], ["Shift-Alt-F", format], ["F12", () => definition(surface.selection().from)],
  ]);
  frame.addEventListener("keydown", (event) => {
    const command = commands.find(([key]) => key === keyOf(event));
    if (!command || (locked && command[0] !== "F12")) return;
    event.preventDefault();
    Promise.resolve(command[1]()).catch((error) => problems.say(String(error?.message ?? error)));
  });

  async function enrich() {
    await Promise.race([after, new Promise((resolve) => frame.addEventListener("focusin", resolve, { once: true }))]).catch(() => {});
    const [vendor, { mountRich }] = await Promise.all([import("./vendor/vendor.mjs"), import("./editor/rich.mjs")]);
    while (surface.busy()) await new Promise((resolve) => setTimeout(resolve, 100)); // not while an input method composes
    const plain = surface;
    const [selection, focused, top] = [plain.selection(), plain.focused(), plain.scroll()];
    surface = mountRich(vendor, frame, plain.source(), hooks);
    surface.readOnly(locked);
    surface.mark(diagnostics);
    surface.highlight(marked);
    surface.select(selection);
    surface.scroll(top);
    plain.close();
    if (focused) surface.focus();
    host.dataset.rich = "";
  }
  const rich = enrich().catch((error) => console.warn("the plain editor stays:", error));

  return {
    /** Resolves when CodeMirror is there, or could not come. */
    rich,
    source: () => surface.source(),
    /** Replaces the text without telling `onChange`. With `keepHistory` it can be undone, and the cursor stays. @param {string} text */
    setSource(text, { keepHistory = false } = {}) {
      last = text;
      if (text !== surface.source()) surface.setSource(text, keepHistory);
    },
    /** @param {Diagnostic[]} list */
    showDiagnostics(list) {
      diagnostics = list;
      surface.mark(list);
      problems.show(list);
    },
    /** Scrolls there and lights it up for a moment; the cursor stays. @param {number} from */
    reveal: (from, to = from) => surface.reveal({ from, to }),
    focus: () => surface.focus(),
    /** @param {boolean} on */
    readOnly(on) {
      locked = on;
      surface.readOnly(on);
    },
    /** Marks places until the next call. @param {Range[]} ranges */
    highlight(ranges) {
      marked = ranges;
      surface.highlight(ranges);
    },
  };
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

/** @param {string} text @param {number} at @returns {Range | undefined} */
function wordAt(text, at) {
  let [from, to] = [at, at];
  while (/\w/.test(text[from - 1] ?? "")) from -= 1;
  while (/\w/.test(text[to] ?? "")) to += 1;
  return /[A-Za-z_]/.test(text[from] ?? "") ? { from, to } : undefined;
}

/** @param {KeyboardEvent} event */
function keyOf(event) {
  const letter = event.code.startsWith("Key") ? event.code.slice(3) : event.key; // Alt changes the letter on some keyboards
  return `${event.ctrlKey || event.metaKey ? "Mod-" : ""}${event.shiftKey ? "Shift-" : ""}${event.altKey ? "Alt-" : ""}${letter}`;
}

/**
 * A field over the name; answers with the new name, or with nothing.
 * @param {HTMLElement} frame @param {{left: number, top: number}} place @param {string} name @param {(to?: string) => void} answer
 */
function askName(frame, place, name, answer) {
  const input = Object.assign(element("input", ""), { value: name, size: Math.max(name.length + 4, 12), spellcheck: false });
  input.setAttribute("aria-label", `New name of ${name}`);
  const form = element("form", "ed-rename");
  form.append(input, element("span", "ed-hint", "Enter renames, Esc does not"));
  Object.assign(form.style, { left: `${place.left}px`, top: `${place.top}px` });
  let open = true;
  const close = (/** @type {string | undefined} */ to) => {
    if (!open) return;
    open = false;
    form.remove();
    answer(to && to !== name ? to : undefined);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    close(input.value.trim());
  });
  form.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") close(undefined);
  });
  form.addEventListener("focusout", () => close(undefined));
  frame.append(form);
  input.select();
}

/** @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {string} name @param {string} [text] */
function element(tag, name, text = "") {
  return Object.assign(document.createElement(tag), { className: name, textContent: text });
}

function addStyle() {
  if (document.getElementById("ed-style")) return;
  document.head.append(Object.assign(document.createElement("style"), { id: "ed-style", textContent: STYLE }));
}
