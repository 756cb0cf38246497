// The ways in which the page reaches a reader: `sysdl serve`, an export on a static host below a path, one file from a disk. SYSDL names another binary; with
// SYSDL_PAGE the export is served with the files of that folder instead of those in the binary, for work on the page alone.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from "node:fs";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
export const PAGE = join(ROOT, "crates/web/page");
export const SYSDL = process.env.SYSDL ?? join(process.env.CARGO_TARGET_DIR ?? join(ROOT, "target"), "release/sysdl");
export const BLUEPRINTS = readdirSync(join(ROOT, "blueprints")).filter((name) => name.endsWith(".sysdl")).map((name) => name.slice(0, -6));
export const blueprint = (name) => readFileSync(join(ROOT, `blueprints/${name}.sysdl`), "utf8");
export const sysdl = (...args) => execFileSync(SYSDL, args, { cwd: ROOT, encoding: "utf8", maxBuffer: 1 << 28, stdio: ["ignore", "pipe", "ignore"] });

const TYPES = { ".html": "text/html; charset=utf-8", ".mjs": "text/javascript", ".js": "text/javascript", ".css": "text/css", ".json": "application/json", ".wasm": "application/wasm" };

/** `sysdl serve`, on a port that is free unless one is named, and is so again once it is closed. */
export async function serve(...args) {
  const child = spawn(SYSDL, ["serve", ...args, ...(args.includes("--port") ? [] : ["--port", "0"])], { stdio: ["ignore", "pipe", "inherit"] });
  const gone = once(child, "exit");
  for await (const line of createInterface({ input: child.stdout })) {
    const [address] = /http:\/\/\S+/.exec(line) ?? [];
    if (address) return { name: "serve", address, close: () => (child.kill(), gone) };
  }
  throw new Error("sysdl serve ended without an address");
}

/** `sysdl export-web DIR`, on a host that knows nothing but files and the `_headers` beside them. */
export async function exported(...args) {
  const folder = mkdtempSync(join(tmpdir(), "sysdl-web-"));
  execFileSync(SYSDL, ["export-web", folder, ...args], { stdio: "ignore" });
  const host = await hosted((path) => replaced(path) ?? join(folder, path), headers(readFileSync(join(folder, "_headers"), "utf8")));
  return { ...host, name: "export", folder, close: () => (host.close(), rmSync(folder, { recursive: true })) };
}

/** A file of the folder that SYSDL_PAGE names. */
function replaced(path) {
  const name = process.env.SYSDL_PAGE && /^assets\/\w+\/(.*)$/.exec(path)?.[1];
  return name && existsSync(join(process.env.SYSDL_PAGE, name)) ? join(process.env.SYSDL_PAGE, name) : undefined;
}

/** `sysdl export-web --single FILE`, opened from the disk. */
export async function single(...args) {
  const folder = mkdtempSync(join(tmpdir(), "sysdl-web-"));
  execFileSync(SYSDL, ["export-web", "--single", join(folder, "page.html"), ...args], { stdio: "ignore" });
  return { name: "single", address: `file://${join(folder, "page.html")}`, folder, close: () => rmSync(folder, { recursive: true }) };
}

/** All ways. */
export const ways = { serve, export: exported, single };

/** Serves files below a path, as project pages are; counts what was asked for. */
async function hosted(file, kept) {
  const asked = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url, "http://host");
    const path = decodeURIComponent(pathname).replace(/^\/some\/where\//, "") || "index.html";
    asked.push(path);
    const found = file(path);
    const body = pathname.startsWith("/some/where/") && existsSync(found) && statSync(found).isFile() ? readFileSync(found) : undefined;
    response.writeHead(body === undefined ? 404 : 200, { "Content-Type": TYPES[extname(path)] ?? "application/octet-stream", "Cache-Control": kept(path) });
    response.end(body);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return { address: `http://127.0.0.1:${server.address().port}/some/where/`, asked, close: () => (server.closeAllConnections(), server.close()) };
}

/** What a `_headers` file says of caching: the last rule that fits. */
function headers(text) {
  const rules = [...text.matchAll(/^(\/\S*)\n((?: +\S.*\n?)*)/gm)].map(([, path, lines]) => [path, /Cache-Control: (.*)/i.exec(lines)?.[1]]);
  const fits = (rule, path) => (rule.endsWith("*") ? `/${path}`.startsWith(rule.slice(0, -1)) : `/${path}` === rule);
  return (path) => rules.findLast(([rule, value]) => value && fits(rule, path))?.[1] ?? "no-cache";
}
