// @ts-check
// What the text expects, and how it stands now.
import { h, say } from "./element.mjs";
import { redraw } from "./redraw.mjs";

const WORDS = { pass: "✓ holds", fail: "✕ fails", warned: "▲ warns", inconclusive: "? unclear", unexpected_pass: "✕ holds", "so far": "✓ so far", "not yet": "◦ not yet", pending: "◦ pending" };

/** @type {import("./panels.mjs").Panel} */
export function expectations(session, host, page) {
  let rows = [];

  function list() {
    const expected = session.loaded?.expectations ?? [];
    rows = expected.map((e) => {
      const [verdict, value] = [h("span.verdict"), h("span.num")];
      const text = h("button.plain", { title: `Line ${e.line}`, onclick: () => toLine(e.line) }, e.label ?? h("code", {}, e.text), e.label && h("span.code", {}, e.text.replace(/^"[^"]*" /, "")));
      return { verdict, value, row: h("li", {}, verdict, text, value) };
    });
    redraw(host, [rows.length ? h("ul.rows.verdicts", {}, rows.map((r) => r.row)) : h("p.empty", {}, "This scenario expects nothing yet. A line such as “expect error_rate < 1%” in it is judged here while it runs, and by sysdl test.")]);
    judge();
  }

  function toLine(line) {
    const lines = session.source.split("\n");
    const from = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0);
    page.reveal(from, from + (lines[line - 1]?.length ?? 0));
  }

  function judge() {
    rows.forEach(({ verdict, value }, i) => {
      const found = session.found(i);
      const state = session.verdict(i);
      say(verdict, WORDS[state] ?? state);
      verdict.className = `verdict ${state === "so far" ? "pass" : state}`;
      say(value, (state !== "pending" && found?.value) || "");
    });
  }
  return { shown: list, loaded: list, report: judge };
}
