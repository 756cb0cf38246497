// @ts-check
// The look of CodeMirror, and colors of the language as custom properties, so that a page can set others.

export const RICH_STYLE = `
.ed {
  --sx-keyword: light-dark(#6a3fa0, #c3a6f5); --sx-kind: light-dark(#0b6a70, #6fcdd2); --sx-number: light-dark(#0a5a9c, #86c1f7);
  --sx-string: light-dark(#4b6513, #b3cc7d); --sx-doc: light-dark(#56606c, #9fabb9); --sx-comment: light-dark(#646e7a, #8d99a8); }
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
.ed .cm-panels { background: var(--raised); color: var(--text); border-color: var(--line); font: 13px system-ui; }
.ed .cm-panel.cm-search { padding: 6px 28px 6px 8px; } .ed .cm-textfield, .ed .cm-button { font: 13px system-ui; color: inherit; background: var(--surface); background-image: none; border: 1px solid var(--line); border-radius: 4px; padding: 2px 6px; }
.ed .cm-panel.cm-search [name=close] { color: inherit; font-size: 16px; width: 24px; height: 24px; }
.cm-diagnostic .ed-where { display: none; }
@media (prefers-reduced-motion: no-preference) { .ed-flash { transition: background .4s; } }
@media (forced-colors: active) { .ed-scrub { border-color: Highlight; } }
`;
