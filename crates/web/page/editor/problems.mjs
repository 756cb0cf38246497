// @ts-check
// What is wrong with the text, as a list below it: where, what, how to mend it, and on request why.

/**
 * @typedef {import("../editor.mjs").Diagnostic} Diagnostic
 * @param {{compiler: import("../editor.mjs").Compiler, reveal(range: import("../editor.mjs").Range): void, fix(edit: import("../editor.mjs").Edit): void}} hooks
 */
export function mountProblems({ compiler, reveal, fix }) {
  const node = document.createElement("section");
  node.className = "ed-problems";
  node.setAttribute("aria-label", "Problems");
  node.tabIndex = 0; // it scrolls
  node.hidden = true;
  const note = add(node, "p", "ed-note");
  note.setAttribute("role", "status");
  const list = add(node, "ul");
  let shown = "";

  /** One diagnostic: message, help, what can be done. Used in the list and in the hint at the squiggle. @param {Diagnostic} diagnostic */
  function describe(diagnostic) {
    const item = document.createElement("div");
    item.className = `ed-problem ed-${diagnostic.severity}`;
    const head = add(item, "div", "ed-line");
    add(head, "span", "ed-sign", diagnostic.severity === "error" ? "✕" : "!").setAttribute("aria-hidden", "true");
    button(head, "ed-where", `${diagnostic.line}:${diagnostic.column}`, () => reveal(diagnostic)).ariaLabel =
      `${diagnostic.severity}, go to line ${diagnostic.line}, column ${diagnostic.column}`;
    add(head, "span", "ed-message", diagnostic.message);
    const code = button(head, "ed-code", diagnostic.code, () => explain(item, code));
    code.setAttribute("aria-expanded", "false");
    code.title = "Explain";
    if (diagnostic.label && diagnostic.label !== diagnostic.message) add(item, "p", "ed-help", diagnostic.label);
    if (diagnostic.help) add(item, "p", "ed-help", diagnostic.help);
    for (const other of diagnostic.others ?? []) button(add(item, "p", "ed-help"), "ed-other", other.text || "see also", () => reveal(other));
    const { edit } = diagnostic;
    if (edit) button(add(item, "p", "ed-help"), "ed-fix", edit.text.length <= 40 && !edit.text.includes("\n") && edit.text ? `Apply fix: ${edit.text.trim()}` : "Apply fix", () => fix(edit));
    return item;
  }

  /** @param {HTMLElement} item @param {HTMLElement} code */
  async function explain(item, code) {
    const open = item.querySelector(".ed-explained");
    code.setAttribute("aria-expanded", String(!open));
    if (open) return open.remove();
    const box = add(item, "div", "ed-explained");
    const [{ title, markdown }, { renderMarkdown }] = await Promise.all([compiler.call("explain", { code: code.textContent }), import("./markdown.mjs")]);
    if (title) add(box, "strong", "", title);
    box.append(renderMarkdown(markdown ?? "There is nothing more to say about it."));
  }

  const empty = () => list.children.length === 0 && !note.textContent;
  return {
    node,
    describe,
    /** A passing remark about what was asked for. @param {string} text */
    say(text) {
      note.textContent = text;
      node.hidden = false;
      setTimeout(() => {
        if (note.textContent !== text) return;
        note.textContent = "";
        node.hidden = empty();
      }, 6000);
    },
    /** @param {Diagnostic[]} diagnostics */
    show(diagnostics) {
      const key = JSON.stringify(diagnostics);
      if (key === shown) return; // as it was: keep what is open, and the focus
      shown = key;
      list.replaceChildren(...diagnostics.map((diagnostic) => {
        const li = document.createElement("li");
        li.append(describe(diagnostic));
        return li;
      }));
      node.hidden = empty();
    },
  };
}

/** @template {keyof HTMLElementTagNameMap} T @param {HTMLElement} parent @param {T} tag */
function add(parent, tag, name = "", text = "") {
  return parent.appendChild(Object.assign(document.createElement(tag), { className: name, textContent: text }));
}

/** @param {HTMLElement} parent @param {string} name @param {string} text @param {() => unknown} act */
function button(parent, name, text, act) {
  const made = Object.assign(add(parent, "button", name, text), { type: "button" });
  made.addEventListener("click", () => act());
  return made;
}
