// The compiler on the page's own thread. A text that is checked within a frame is checked where the key is handled, so that its diagnostics are drawn together
// with the letter; otherwise they wait until the letter has been drawn.
// @ts-check
import { Compiler } from "./codec.mjs";
import { compiler, compilerModule } from "./engine.mjs";

/** What a key may cost, in milliseconds. */
const QUICK_MS = 12;
/** Checks that are left to the worker at first, so that the code of the compiler is there. */
const AT_FIRST = 4;

/** From now on, texts that are soon checked are checked here. */
export const comesNear = () => compilerModule().then((module) => (compiler.near = nearby(new Compiler(module)))).catch(() => {}); // without it the worker checks

/** @param {Compiler} here @returns {(source: string) => any} a check, or nothing if it had better be made elsewhere */
function nearby(here) {
  let left = AT_FIRST;
  return (source) => {
    if (left-- > 0) return undefined;
    left = Infinity; // and stays it if this traps: then memory is not to be trusted, and the worker says what is wrong
    const began = performance.now();
    try {
      const found = here.ask({ op: "check", source }).json;
      const took = (performance.now() - began) / QUICK_MS;
      left = took > 1 ? Math.ceil(took ** 2) : 0;
      return found;
    } catch {
      return undefined;
    }
  };
}
