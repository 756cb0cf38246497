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
 *   reveal(range: Range): void, focus(): void, focused(): boolean, mark(list: Diagnostic[]): void,
 *   place(at: number): {left: number, top: number}, scroll(top?: number): number, busy(): boolean, close(): void}} Surface
 * @typedef {{changed(text: string): void, definition(at: number): void, explain: (diagnostic: Diagnostic) => Node, compiler: Compiler}} Hooks
 */

/**
 * Mounts the editor. `onChange` tells what the reader changed, never what `setSource` did; `onRename` what will have another name with the next change. CodeMirror is fetched when `after` is settled (the compiler's arrival by default), or earlier if the reader goes to the editor.
 * @param {HTMLElement} host
 * @param {{source: string, onChange(source: string): void, compiler: Compiler, onRename?(from: string, to: string): void, after?: Promise<unknown>}} options
 */
export function mountEditor(host, { source, onChange, compiler, onRename, after = compiler.ready }) {
  if (!document.getElementById("ed-style")) document.head.append(Object.assign(element("style", "", STYLE), { id: "ed-style" }));
  const frame = element("div", "ed-frame");
  const problems = mountProblems({ compiler, reveal: (range) => go(range), fix: (edit) => surface.edit([edit]) });
  host.classList.add("ed");
  host.replaceChildren(frame, problems.node);

  let last = source;
  let diagnostics = /** @type {Diagnostic[]} */ ([]);
  let marking = 0;
  /** @type {Hooks} */
  const hooks = {
    compiler,
    explain: problems.describe,
    changed(text) {
      if (text === last) return;
      last = text;
      onChange(text);
    },
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
    if (!range || range.error) return problems.say("There is no definition of this in the text.");
    go(range);
  }

  frame.addEventListener("keydown", async (event) => {
    const key = keyOf(event);
    if (!["F12", "F2", "Shift-Alt-F"].includes(key)) return;
    event.preventDefault();
    try {
      if (key === "F12") return await definition(surface.selection().from);
      const { format, rename } = await import("./editor/commands.mjs");
      await (key === "F2" ? rename : format)({ surface, compiler, frame, say: problems.say, renamed: (from, to) => onRename?.(from, to) });
    } catch (error) {
      problems.say(error instanceof Error ? error.message : String(error));
    }
  });

  async function enrich() {
    await Promise.race([after, new Promise((resolve) => frame.addEventListener("focusin", resolve, { once: true }))]).catch(() => {});
    const [vendor, { mountRich }] = await Promise.all([import("./vendor/vendor.mjs"), import("./editor/rich.mjs")]);
    while (surface.busy()) await new Promise((resolve) => setTimeout(resolve, 100)); // not while an input method composes
    const plain = surface;
    const [selection, focused, top] = [plain.selection(), plain.focused(), plain.scroll()];
    surface = mountRich(vendor, frame, plain.source(), hooks);
    surface.mark(diagnostics);
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
      problems.show(list);
      // The marks in the text are drawn with the next frame, which shows both.
      cancelAnimationFrame(marking);
      marking = requestAnimationFrame(() => surface.mark(diagnostics));
    },
    /** Scrolls there and lights it up for a moment; the cursor stays. @param {number} from */
    reveal: (from, to = from) => surface.reveal({ from, to }),
    focus: () => surface.focus(),
  };
}

/** @param {KeyboardEvent} event */
function keyOf(event) {
  const letter = event.code.startsWith("Key") ? event.code.slice(3) : event.key; // Alt changes the letter on some keyboards
  return `${event.ctrlKey || event.metaKey ? "Mod-" : ""}${event.shiftKey ? "Shift-" : ""}${event.altKey ? "Alt-" : ""}${letter}`;
}

/** @template {keyof HTMLElementTagNameMap} T @param {T} tag @param {string} name @param {string} [text] */
function element(tag, name, text = "") {
  return Object.assign(document.createElement(tag), { className: name, textContent: text });
}
