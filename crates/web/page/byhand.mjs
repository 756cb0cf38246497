// @ts-check
// What was done by hand and the text: what goes into it, and what does not go with it any more. Fetched when it comes to that.
import { compiler } from "./engine.mjs";
import { clock, parsed } from "./panels/numbers.mjs";

/** Inputs without which the text would compile, and how to say that they are gone. @param {import("./session.mjs").Session} session */
export async function unfit({ source, scenario, inputs }) {
  /** Why one cannot be done. @param {string} input @returns {Promise<string | undefined>} */
  const wrong = async (input) => {
    const with_it = await compiler.call("splice", { source, scenario, inputs: [input] });
    if (!with_it.source) return with_it.error;
    const { diagnostics = [] } = await compiler.call("check", { source: with_it.source });
    return diagnostics.find((d) => d.severity === "error")?.message;
  };
  const found = [];
  for (const input of inputs) found.push({ input, why: await wrong(input) });
  const gone = found.filter(({ why }) => why);
  const list = gone.map(({ input, why }) => `“${parsed(input).label}” at ${clock(parsed(input).start_ns, 1)} (${why})`).join(", ");
  return { gone: gone.map(({ input }) => input), words: list && `Undone, since it does not go with the text any more: ${list}.` };
}

/** Writes what was done by hand into the text of the scenario. @param {import("./session.mjs").Session} session */
export async function write(session) {
  const { source, scenario, inputs } = session;
  const done = await compiler.call("splice", { source, scenario, inputs });
  if (!done.source) return done.error && session.emit("failure", done.error);
  session.inputs = [];
  session.source = done.source;
  session.emit("source", done.source);
  await session.check();
  await session.restart({ play: session.playing, at_ns: session.now_ns });
}
