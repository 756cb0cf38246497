// @ts-check
// What runs beside the one that is shown have found.
import { h } from "./element.mjs";

/**
 * A place for it: it goes when another system comes, and says so when it is of how the text was.
 * @param {import("../session.mjs").Session} session @param {() => unknown} [more] what it depends on besides the text and what was done by hand
 * @param {string} [nothing] what is said where nothing was found yet
 */
export function findings(session, more = () => "", nothing = "") {
  const [note, body] = [h("p.small", { hidden: true }, "This was found before the last change."), h("div")];
  const now = () => ({ system: `${session.name} ${session.meta?.system}`, text: `${session.source}|${session.scenario}|${session.inputs}|${more()}` });
  /** @type {ReturnType<typeof now> | null} */ let of = null;
  const clear = () => body.replaceChildren(nothing && h("p.empty", {}, nothing));
  clear();

  return {
    node: h("div", {}, note, body),
    /** Begins to find something; the answer says whether it is still wanted. */
    begin() {
      const mine = (of = now());
      note.hidden = true;
      return () => of === mine;
    },
    /** @param {...Node} nodes */
    show: (...nodes) => body.replaceChildren(...nodes),
    /** Looks whether it is still of what is shown. True if it was of another system. */
    fresh() {
      const is = now();
      const gone = !!of && of.system !== is.system;
      if (gone) {
        of = null;
        clear();
      }
      note.hidden = !of || of.text === is.text;
      return gone;
    },
  };
}
