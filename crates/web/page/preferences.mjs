// @ts-check
// What the page remembers, in this browser only: theme, motion, layout and pins. And the one line that is read out.

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

/** Reads lines out, one in two seconds at most; of those that come meanwhile the last. @param {HTMLElement} element */
export function announcer(element) {
  let last = -Infinity;
  let waiting = "";
  let timer = 0;
  const speak = () => {
    timer = 0;
    last = performance.now();
    element.textContent = waiting;
  };
  return (text) => {
    waiting = text;
    timer ||= window.setTimeout(speak, Math.max(0, last + 2000 - performance.now()));
  };
}
