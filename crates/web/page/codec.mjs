// @ts-check
// The compiler as a module that is asked: a question of JSON and bytes, an answer of the same form (`crates/sysdl/src/page`).

/** The compiler: a question of JSON and bytes, an answer of the same form. */
export class Compiler {
  /** @param {WebAssembly.Module} module */
  constructor(module) {
    this.exports = /** @type {any} */ (new WebAssembly.Instance(module, {}).exports);
  }

  /** @param {object} question @param {Uint8Array[]} parts */
  ask(question, parts = []) {
    const text = new TextEncoder().encode(JSON.stringify(question));
    const length = parts.reduce((sum, part) => sum + part.length, 4 + text.length);
    const at = this.exports.sysdl_page_room(length);
    const room = new Uint8Array(this.exports.memory.buffer, at, length);
    new DataView(room.buffer, at).setUint32(0, text.length, true);
    room.set(text, 4);
    let end = 4 + text.length;
    for (const part of parts) {
      room.set(part, end);
      end += part.length;
    }
    const answer = this.exports.sysdl_page_ask();
    const written = new DataView(this.exports.memory.buffer, answer).getUint32(0, true);
    return message(new Uint8Array(this.exports.memory.buffer, answer + 4, written));
  }
}

/** An answer as it is written: the length of its JSON, that, and bytes. @param {Uint8Array} written */
export function message(written) {
  const json = new DataView(written.buffer, written.byteOffset).getUint32(0, true);
  return { json: JSON.parse(new TextDecoder().decode(written.subarray(4, 4 + json))), bytes: written.slice(4 + json) };
}
