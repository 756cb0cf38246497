// @ts-check
// The look of the editor before CodeMirror, and of problems.

export const STYLE = `
.ed { --mono: ui-monospace, SFMono-Regular, Menlo, Consolas, "DejaVu Sans Mono", monospace;
  display: flex; flex-direction: column; min-height: 0; background: var(--surface); color: var(--text); }
.ed-frame { position: relative; flex: 1 1 0; min-height: 0; display: flex; }
.ed-plain, .ed .cm-editor { flex: 1; min-width: 0; height: 100%; font: 13px/20px var(--mono); font-variant-ligatures: none; color: inherit; background: none; }
.ed-plain { box-sizing: border-box; margin: 0; padding: 8px 12px 8px 52px; border: 0; resize: none; tab-size: 2; white-space: pre; overflow: auto; }
.ed-plain:focus-visible, .ed .cm-editor.cm-focused { outline: none; }
.ed-frame:focus-within::after { content: ""; position: absolute; inset: 0; z-index: 6; pointer-events: none; border: 2px solid var(--accent); }
.ed-rename { position: absolute; z-index: 20; display: flex; gap: 8px; align-items: baseline; padding: 6px 8px; background: var(--raised); border: 1px solid var(--line); border-radius: 6px; box-shadow: var(--shadow); }
.ed-rename input { font: 13px var(--mono); color: inherit; background: var(--surface); border: 1px solid var(--line); border-radius: 4px; padding: 2px 6px; } .ed-hint { color: var(--muted); font-size: 12px; }
.md p, .md ul, .md ol, .md pre, .md table { margin: 0 0 6px; } .md > :last-child { margin-bottom: 0; } .md ul, .md ol { padding-left: 18px; }
.md code { font: 12px/1.5 var(--mono, monospace); } .md pre { padding: 6px 8px; background: color-mix(in srgb, var(--text) 5%, transparent); border-radius: 4px; overflow: auto; }
.md td, .md th { padding: 2px 10px 2px 0; text-align: left; vertical-align: top; font-weight: normal; } .md th { color: var(--muted); }
.ed-problems { flex: none; max-height: 34%; overflow: auto; border-top: 1px solid var(--line); font: 13px/1.45 system-ui, sans-serif; padding: 4px 0; }
.ed-problems[hidden] { display: none; } .ed-problems ul { list-style: none; margin: 0; padding: 0; } .ed-problems li { padding: 4px 12px; } .ed-problems li + li { border-top: 1px solid var(--line); }
.ed-note { margin: 0; padding: 4px 12px; color: var(--muted); } .ed-note:empty { display: none; }
.ed-line { display: flex; gap: 8px; align-items: baseline; } .ed-message { flex: 1; min-width: 0; overflow-wrap: anywhere; }
.ed-sign { width: 12px; text-align: center; font-weight: 700; } .ed-error .ed-sign { color: var(--bad); } .ed-warning .ed-sign { color: var(--warn); }
.ed-problem button { font: inherit; color: var(--muted); background: none; border: 0; border-radius: 4px; padding: 0 4px; cursor: pointer; text-align: left; min-height: 24px; }
.ed-problem .ed-where { font-variant-numeric: tabular-nums; min-width: 44px; padding: 0; } .ed-problem .ed-code { font: 12px var(--mono); text-decoration: underline dotted; }
.ed-problem .ed-other { padding: 0; text-decoration: underline dotted; } .ed-problem button:hover { color: var(--text); } .ed-problem .ed-fix { color: var(--accent); border: 1px solid var(--line); padding: 0 8px; }
.ed-help { margin: 2px 0 2px 20px; color: var(--muted); white-space: pre-wrap; } .ed-explained { margin: 6px 0 4px 20px; padding-left: 10px; border-left: 2px solid var(--line); }
`;
