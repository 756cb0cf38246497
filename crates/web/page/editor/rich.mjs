// @ts-check
// The editor with CodeMirror: colors, squiggles, hover documentation, completion, numbers to drag. Loaded together with the vendored file.

import { difference } from "./commands.mjs";
import { sysdl } from "./highlight.mjs";
import { renderMarkdown } from "./markdown.mjs";
import { comesNear } from "../near.mjs";
import { scrubbing } from "./scrub.mjs";
import { RICH_STYLE } from "./style-rich.mjs";

/** @typedef {import("../editor.mjs").Range} Range */

/**
 * @param {any} cm what vendor.mjs exports @param {HTMLElement} frame @param {string} source @param {import("../editor.mjs").Hooks} hooks
 * @returns {import("../editor.mjs").Surface}
 */
export function mountRich(cm, frame, source, hooks) {
  const { EditorState, EditorView } = cm;
  document.head.append(Object.assign(document.createElement("style"), { textContent: RICH_STYLE }));
  const [flashes, setFlash] = rangesField(cm, "ed-flash");
  let silent = false;
  const extensions = [behavior(cm, hooks), flashes];
  // What the reader changed is told before it is drawn, so that it is checked meanwhile.
  const dispatchTransactions = (/** @type {any[]} */ transactions, /** @type {any} */ view) => {
    if (!silent && transactions.some((tr) => tr.docChanged)) hooks.changed(transactions[transactions.length - 1].newDoc.toString());
    view.update(transactions);
  };
  comesNear();
  const view = new EditorView({ parent: frame, state: EditorState.create({ doc: source, extensions }), dispatchTransactions });
  const length = () => view.state.doc.length;
  const clip = (/** @type {Range} */ { from, to }) => ({ from: Math.min(from, length()), to: Math.min(Math.max(from, to), length()) });
  const center = (/** @type {number} */ at) => EditorView.scrollIntoView(at, { y: "nearest", yMargin: 60 });
  let flashing = 0;

  return {
    source: () => view.state.doc.toString(),
    setSource(text, keepHistory) {
      silent = true;
      if (keepHistory) {
        const { from, to, text: insert } = difference(view.state.doc.toString(), text);
        view.dispatch({ changes: { from, to, insert } });
      } else {
        view.setState(EditorState.create({ doc: text, extensions }));
      }
      silent = false;
    },
    edit: (edits) => view.dispatch({ changes: edits.map(({ from, to, text }) => ({ from, to, insert: text })), userEvent: "input.edit", scrollIntoView: true }),
    selection: () => ({ from: view.state.selection.main.from, to: view.state.selection.main.to }),
    select(range) {
      const { from, to } = clip(range);
      view.dispatch({ selection: { anchor: from, head: to }, effects: center(from) });
    },
    reveal(range) {
      view.dispatch({ effects: [center(clip(range).from), setFlash.of([clip(range)])] });
      clearTimeout(flashing);
      flashing = setTimeout(() => view.dispatch({ effects: setFlash.of([]) }), 1200);
    },
    focus: () => view.focus(),
    focused: () => view.hasFocus,
    mark(list) {
      const lints = list.map((diagnostic) => {
        const { from, to } = clip(diagnostic);
        const rest = { severity: diagnostic.severity, message: diagnostic.message, renderMessage: () => hooks.explain(diagnostic) };
        return { from: from === to && to === length() ? Math.max(0, from - 1) : from, to: from === to ? Math.min(to + 1, length()) : to, ...rest };
      });
      view.dispatch(cm.setDiagnostics(view.state, lints));
    },
    place(at) {
      const [box, coords] = [frame.getBoundingClientRect(), view.coordsAtPos(at)];
      return coords ? { left: coords.left - box.left, top: coords.bottom - box.top } : { left: 40, top: 40 };
    },
    scroll(top) {
      if (top !== undefined) view.requestMeasure({ read: () => (view.scrollDOM.scrollTop = top) });
      return view.scrollDOM.scrollTop;
    },
    busy: () => view.composing,
    close: () => view.destroy(),
  };
}

/** Decorations that are told from outside and move with the text. @param {any} cm @param {string} name */
function rangesField({ Decoration, EditorView, StateEffect, StateField }, name) {
  const set = StateEffect.define();
  const decoration = Decoration.mark({ class: name });
  const field = StateField.define({
    create: () => Decoration.none,
    update(/** @type {any} */ ranges, /** @type {any} */ transaction) {
      for (const effect of transaction.effects) {
        if (!effect.is(set)) continue;
        const wide = effect.value.filter((/** @type {Range} */ { from, to }) => from < to);
        return Decoration.set(wide.map((/** @type {Range} */ { from, to }) => decoration.range(from, to)), true);
      }
      return ranges.map(transaction.changes);
    },
    provide: (/** @type {any} */ self) => EditorView.decorations.from(self),
  });
  return [field, set];
}

/** All that does not change. @param {any} cm @param {import("../editor.mjs").Hooks} hooks */
function behavior(cm, { compiler, definition }) {
  const { EditorView, Prec, keymap } = cm;
  const follow = (/** @type {MouseEvent} */ event, /** @type {any} */ view) => {
    const at = event.ctrlKey || event.metaKey ? view.posAtCoords({ x: event.clientX, y: event.clientY }) : null;
    if (at !== null) definition(at);
    return at !== null;
  };
  return [
    cm.lineNumbers(), cm.lintGutter(), cm.highlightActiveLine(), cm.highlightActiveLineGutter(), cm.drawSelection(), cm.history(), cm.bracketMatching(),
    cm.closeBrackets(), cm.indentOnInput(), cm.indentUnit.of("  "), cm.highlightSelectionMatches(), cm.search({ top: true }), colors(cm), scrubbing(cm),
    cm.autocompletion({ override: [complete(compiler)], icons: false, optionClass: (/** @type {any} */ { type }) => `ed-option-${type}` }),
    cm.hoverTooltip(hover(compiler), { hoverTime: 400 }),
    EditorView.domEventHandlers({ mousedown: follow }),
    EditorView.contentAttributes.of({ "aria-label": "Model, in sysdl", tabindex: "0", spellcheck: "false", autocapitalize: "off", autocorrect: "off" }),
    Prec.high(keymap.of([{ key: "Tab", run: cm.acceptCompletion }])), // only while completions are open: else Tab leaves the editor
    keymap.of([
      { key: "F8", run: cm.nextDiagnostic }, { key: "Shift-F8", run: cm.previousDiagnostic },
      ...cm.closeBracketsKeymap, ...cm.completionKeymap, ...cm.searchKeymap, ...cm.historyKeymap, ...cm.defaultKeymap,
    ]),
  ];
}

/** @param {any} cm */
function colors({ HighlightStyle, StreamLanguage, syntaxHighlighting, tags }) {
  const table = {
    unit: tags.unit, docComment: tags.docComment, comment: tags.comment, keyword: tags.keyword, number: tags.number, string: tags.string,
    operator: tags.operator, bracket: tags.bracket, punctuation: tags.punctuation, typeName: tags.typeName, propertyName: tags.propertyName,
    definition: tags.definition(tags.variableName), function: tags.function(tags.variableName), variable: tags.variableName,
  };
  const style = HighlightStyle.define(Object.entries(table).map(([name, tag]) => ({ tag, class: `sx-${name}` })));
  return [StreamLanguage.define({ ...sysdl, tokenTable: table }), syntaxHighlighting(style)];
}

/** @param {import("../editor.mjs").Compiler} compiler */
function hover(compiler) {
  return async (/** @type {any} */ view, /** @type {number} */ at) => {
    const found = await compiler.call("hover", { source: view.state.doc.toString(), at }).catch(() => null);
    if (!found?.markdown || found.to > view.state.doc.length) return null;
    const create = () => ({ dom: Object.assign(renderMarkdown(found.markdown), { className: "md ed-hover" }) });
    return { pos: found.from, end: found.to, above: true, create };
  };
}

/** @param {import("../editor.mjs").Compiler} compiler */
function complete(compiler) {
  return async (/** @type {any} */ context) => {
    if (!context.explicit && !context.matchBefore(/[\w.]$/)) return null;
    const found = await compiler.call("complete", { source: context.state.doc.toString(), at: context.pos }).catch(() => null);
    if (!found?.items?.length || context.aborted) return null;
    const options = found.items.map((/** @type {any} */ item, /** @type {number} */ rank) => ({
      label: item.label, type: item.kind, detail: item.detail, apply: item.insert ?? item.label, boost: -rank / 10,
      info: item.documentation ? () => renderMarkdown(item.documentation) : undefined,
    }));
    return { from: found.from, to: found.to, options, validFor: /^\w*$/ };
  };
}
