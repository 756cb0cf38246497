// @ts-check
// The look of the editor, plain or rich; colors of the language as custom properties, so that a page can set others.

export const STYLE = `
.ed { --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  --sx-keyword: light-dark(#6a3fa0, #c3a6f5); --sx-kind: light-dark(#0b6a70, #6fcdd2); --sx-number: light-dark(#0a5a9c, #86c1f7);
  --sx-string: light-dark(#4b6513, #b3cc7d); --sx-doc: light-dark(#56606c, #9fabb9); --sx-comment: light-dark(#646e7a, #8d99a8);
  display: flex; flex-direction: column; min-height: 0; background: var(--surface); color: var(--text); }
.ed-frame { position: relative; flex: 1 1 0; min-height: 0; display: flex; }
.ed-plain, .ed .cm-editor { flex: 1; min-width: 0; height: 100%; font: 13px/20px var(--mono); font-variant-ligatures: none; color: inherit; background: none; }
.ed-plain { box-sizing: border-box; margin: 0; padding: 8px 12px 8px 52px; border: 0; resize: none; tab-size: 2; white-space: pre; overflow: auto; }
.ed-plain:focus-visible, .ed .cm-editor.cm-focused { outline: none; }
.ed-frame:focus-within::after { content: ""; position: absolute; inset: 0; z-index: 6; pointer-events: none; border: 2px solid var(--accent); }
.ed .cm-scroller { font: inherit; overflow: auto; position: relative; }
.ed .cm-content { padding: 8px 0; caret-color: var(--text); }
.ed .cm-line { padding: 0 12px 0 6px; }
.ed .cm-gutters { background: var(--surface); color: var(--muted); border: 0; padding-left: 4px; }
.ed .cm-lineNumbers .cm-gutterElement { min-width: 28px; padding: 0 4px 0 0; font-variant-numeric: tabular-nums; }
.ed .cm-gutter-lint { width: 14px; }
.ed .cm-gutter-lint .cm-gutterElement { padding: 0; }
.ed .cm-lint-marker { width: 12px; height: 20px; display: grid; place-items: center; content: none; font: 700 11px/1 system-ui; }
.ed .cm-lint-marker-error::before { content: "✕"; color: var(--bad); }
.ed .cm-lint-marker-warning::before { content: "!"; color: var(--warn); }
.ed .cm-activeLine, .ed .cm-activeLineGutter { background: color-mix(in srgb, var(--text) 4%, transparent); }
.ed .cm-cursor { border-left: 2px solid var(--text); }
.ed .cm-selectionBackground, .ed .cm-focused > .cm-scroller > .cm-selectionLayer .cm-selectionBackground { background: color-mix(in srgb, var(--accent) 26%, transparent) !important; }
.ed .cm-matchingBracket, .ed .cm-selectionMatch { background: color-mix(in srgb, var(--accent) 16%, transparent); outline: 1px solid color-mix(in srgb, var(--accent) 40%, transparent); }
.ed .cm-lintRange { background: none; text-decoration: underline wavy 1px; text-underline-offset: 3px; text-decoration-skip-ink: none; }
.ed .cm-lintRange-error { text-decoration-color: var(--bad); } .ed .cm-lintRange-warning { text-decoration: underline dotted 2px var(--warn); text-underline-offset: 3px; }
.ed-marked { background: color-mix(in srgb, var(--accent) 12%, transparent); border-radius: 2px; }
.ed-flash { background: color-mix(in srgb, var(--accent) 30%, transparent); border-radius: 2px; }
.ed-scrub { position: absolute; height: 6px; z-index: 5; cursor: ew-resize; border-bottom: 2px solid var(--accent); box-sizing: border-box; border-radius: 1px; touch-action: none; }
.ed-scrub[hidden] { display: none; }
.ed-scrubbing, .ed-scrubbing * { cursor: ew-resize !important; user-select: none; }
.sx-keyword { color: var(--sx-keyword); } .sx-typeName { color: var(--sx-kind); } .sx-number, .sx-unit { color: var(--sx-number); } .sx-unit { opacity: .85; }
.sx-string { color: var(--sx-string); } .sx-docComment { color: var(--sx-doc); font-style: italic; } .sx-comment { color: var(--sx-comment); }
.sx-definition { font-weight: 600; } .sx-operator, .sx-bracket, .sx-punctuation { color: var(--muted); }
.ed .cm-tooltip { background: var(--raised); color: var(--text); border: 1px solid var(--line); border-radius: 6px; box-shadow: var(--shadow); font: 13px/1.45 system-ui, sans-serif; overflow: hidden; }
.ed .cm-tooltip-autocomplete > ul { font: 12.5px/1.5 var(--mono); max-height: 15em; }
.ed .cm-tooltip-autocomplete > ul > li { padding: 1px 8px; }
.ed .cm-tooltip-autocomplete > ul > li[aria-selected] { background: var(--accent); color: var(--bg); }
.ed .cm-completionDetail { font: 12px system-ui; margin-left: 1.5em; opacity: .75; }
.ed .cm-completionMatchedText { text-decoration: none; font-weight: 700; }
.ed .cm-completionInfo { max-width: 320px; padding: 8px 10px; }
.ed-hover { max-width: 460px; max-height: 280px; overflow: auto; padding: 8px 12px; }
.ed .cm-diagnostic { border: 0; padding: 8px 10px; max-width: 520px; }
.md p, .md ul, .md ol, .md pre, .md table { margin: 0 0 6px; } .md > :last-child { margin-bottom: 0; } .md ul, .md ol { padding-left: 18px; }
.md code { font: 12px/1.5 var(--mono, monospace); } .md pre { padding: 6px 8px; background: color-mix(in srgb, var(--text) 5%, transparent); border-radius: 4px; overflow: auto; }
.md td, .md th { padding: 2px 10px 2px 0; text-align: left; vertical-align: top; font-weight: normal; } .md th { color: var(--muted); }
.ed .cm-panels { background: var(--raised); color: var(--text); border-color: var(--line); font: 13px system-ui; }
.ed .cm-panel.cm-search { padding: 6px 28px 6px 8px; } .ed .cm-textfield, .ed .cm-button, .ed-rename input { font: 13px system-ui; color: inherit; background: var(--surface); background-image: none; border: 1px solid var(--line); border-radius: 4px; padding: 2px 6px; }
.ed .cm-panel.cm-search [name=close] { color: inherit; font-size: 16px; width: 24px; height: 24px; }
.ed-rename { position: absolute; z-index: 20; display: flex; gap: 8px; align-items: baseline; padding: 6px 8px; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; box-shadow: var(--shadow); }
.ed-rename input { font-family: var(--mono); } .ed-hint { color: var(--muted); font-size: 12px; }
.ed-problems { flex: none; max-height: 34%; overflow: auto; border-top: 1px solid var(--line); font: 13px/1.45 system-ui, sans-serif; padding: 4px 0; }
.ed-problems[hidden] { display: none; } .ed-problems ul { list-style: none; margin: 0; padding: 0; } .ed-problems li { padding: 4px 12px; } .ed-problems li + li { border-top: 1px solid var(--line); }
.ed-note { margin: 0; padding: 4px 12px; color: var(--muted); } .ed-note:empty { display: none; }
.ed-line { display: flex; gap: 8px; align-items: baseline; } .ed-message { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.ed-sign { width: 12px; text-align: center; font-weight: 700; } .ed-error .ed-sign { color: var(--bad); } .ed-warning .ed-sign { color: var(--warn); }
.ed-problem button { font: inherit; color: var(--muted); background: none; border: 0; border-radius: 4px; padding: 0 4px; cursor: pointer; text-align: left; min-height: 24px; }
.ed-problem .ed-where { font-variant-numeric: tabular-nums; min-width: 44px; padding: 0; } .ed-problem .ed-code { font: 12px var(--mono); text-decoration: underline dotted; }
.ed-problem .ed-other { padding: 0; text-decoration: underline dotted; } .ed-problem button:hover { color: var(--text); } .ed-problem .ed-fix { color: var(--accent); border: 1px solid var(--line); padding: 0 8px; }
.ed-help { margin: 2px 0 2px 20px; color: var(--muted); white-space: pre-wrap; } .ed-explained { margin: 6px 0 4px 20px; padding-left: 10px; border-left: 2px solid var(--line); }
.cm-diagnostic .ed-where { display: none; }
@media (prefers-reduced-motion: no-preference) { .ed-flash { transition: background .4s; } }
@media (forced-colors: active) { .ed-scrub { border-color: Highlight; } }
`;
