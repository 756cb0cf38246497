// @ts-check
// One table of keys, and the dialog that shows it. None is active while typing.
import { byId, h } from "./panels/element.mjs";

/** @typedef {[keys: string[], shown: string, words: string, act: (event: KeyboardEvent) => unknown]} Key */

/** @param {Key[]} keys @param {string[][]} others keys of other parts, shown too */
export function mountKeys(keys, others) {
  const dialog = byId("keys");
  const help = () => {
    const list = (rows) => h("dl", {}, rows.flatMap(([shown, words]) => [h("dt", {}, h("kbd", {}, shown)), h("dd", {}, words)]));
    dialog.replaceChildren(h("div", {},
      h("button.icon", { "aria-label": "Close", onclick: () => dialog.close() }, "×"), h("h2", { id: "keys-title" }, "Keys"), h("p.small", {}, "Active everywhere but where you type."),
      list(keys.map(([, shown, words]) => [shown, words])), h("h2", {}, "In the text"), list(others)));
    dialog.showModal();
  };
  byId("help").onclick = help;

  addEventListener("keydown", (event) => {
    const target = /** @type {HTMLElement} */ (event.target);
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]") || typing(target)) return;
    if (event.key === " " && target.closest?.("button, summary, [role=option], [role=button]")) return;
    if (event.key === "?") return help();
    const key = keys.find(([names]) => names.includes(event.key));
    if (!key) return;
    event.preventDefault();
    key[3](event);
  });
  for (const box of document.querySelectorAll("dialog")) box.addEventListener("click", (event) => event.target === box && box.close());
}

/** @param {HTMLElement} target */
const typing = (target) => !!target.closest?.("input:not([type=range]), textarea, select, [contenteditable=true]");
