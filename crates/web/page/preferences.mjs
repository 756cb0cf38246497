// @ts-check
// What the page remembers, in this browser only: theme, motion, layout and pins.

const KEY = "sysdl";

/** Preferences in local storage, or for this visit where there is none (private windows, files, sandboxed frames). */
export function preferences() {
  let kept = {};
  try {
    kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") ?? {};
  } catch {}
  return {
    get: (name) => kept[name],
    /** @param {string} name @param {any} value */
    set(name, value) {
      kept[name] = value;
      try {
        localStorage.setItem(KEY, JSON.stringify(kept));
      } catch {}
    },
  };
}
