// @ts-check
// A file that is edited elsewhere, as `sysdl serve FILE --watch` tells of it.

/**
 * Follows it, from the text that it is known to have.
 * @param {string} known @param {import("./session.mjs").Session} session @param {any} page
 */
export function follow(known, session, page) {
  const events = new EventSource("./events");
  // When the server is back after a while, the file may have changed without a word.
  for (const event of ["open", "changed"])
    events.addEventListener(event, async () => {
      const { source } = await (await fetch("./given")).json();
      if (source !== known && source !== session.source) page.edit(source);
      known = source;
    });
}
