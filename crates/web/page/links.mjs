// @ts-check
// Links: the compiler knows what is in them, and the browser how it is packed.
import { compiler } from "./engine.mjs";

/** Bytes that are unpacked at once: they become no more than a megabyte. */
const STEP = 1000;

/** The fragment of a link, or why there is none. @param {object} what @returns {Promise<{fragment?: string, error?: string}>} */
export async function linkTo(what) {
  const { bytes, error } = await compiler.call("link", what);
  return error ? { error } : compiler.call("fragment", {}, await all(stepwise(bytes).pipeThrough(new CompressionStream("deflate"))));
}

/** What a link holds, or why it cannot be opened. @param {string} fragment @returns {Promise<any>} */
export async function opened(fragment) {
  const { bytes = new Uint8Array(), most, error } = await compiler.call("packed", { fragment });
  if (error) return { error };
  const content = await all(stepwise(bytes).pipeThrough(new DecompressionStream("deflate")), most).catch(() => null);
  return compiler.call("open", { damaged: !content }, content ?? undefined);
}

/** Bytes in small steps, each once the one before has been taken. @param {Uint8Array} bytes @returns {ReadableStream<any>} */
function stepwise(bytes) {
  let at = 0;
  return new ReadableStream({
    pull: (to) => (at < bytes.length ? to.enqueue(bytes.slice(at, (at += STEP))) : to.close()),
  });
}

/** All that comes, or the begin of what is longer than that. @param {ReadableStream<any>} stream */
async function all(stream, most = Infinity) {
  const [parts, reader] = [/** @type {any[]} */ ([]), stream.getReader()];
  for (let length = 0; length <= most; ) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    length += value.length;
  }
  reader.cancel();
  return new Uint8Array(await new Blob(parts).arrayBuffer());
}
