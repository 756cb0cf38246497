// Where the page's parts are: beside it, under a name that says what is in them, or in the page itself.
// @ts-check

/**
 * A part by the name that it has in the source. A page that was exported says where it lies: in `<link data-asset>`, or in
 * `<script data-asset>` as base64 of gzip.
 * @param {string} name
 */
export async function asset(name) {
  const here = document.querySelector(`script[data-asset="${name}"]`);
  if (here) return within(await unpacked(here.textContent ?? ""), name);
  const link = /** @type {HTMLLinkElement|null} */ (document.querySelector(`link[data-asset="${name}"]`));
  const address = link?.href ?? new URL(name, document.baseURI).href;
  return {
    address: () => address,
    compile: () => WebAssembly.compileStreaming(got(address)),
    bytes: async () => new Uint8Array(await (await got(address)).arrayBuffer()),
    json: async () => (await got(address)).json(),
  };
}

async function got(address) {
  const response = await fetch(address);
  if (!response.ok) throw new Error(`${address}: ${response.status} ${response.statusText}`);
  return response;
}

async function unpacked(base64) {
  const packed = Uint8Array.from(atob(base64.trim()), (letter) => letter.charCodeAt(0));
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

function within(bytes, name) {
  const type = name.endsWith(".js") ? "text/javascript" : "application/octet-stream";
  return {
    address: () => URL.createObjectURL(new Blob([bytes], { type })),
    compile: () => WebAssembly.compile(bytes),
    bytes: async () => bytes,
    json: async () => JSON.parse(new TextDecoder().decode(bytes)),
  };
}
