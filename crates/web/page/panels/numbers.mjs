// @ts-check
// How numbers, events and errors are written, everywhere the same: three digits that count, a unit, "–" for what is not known.

const NONE = "–";
/** @param {any} x */
const known = (x) => x !== null && x !== undefined && Number.isFinite(x);
/** Three digits that count. @param {number} x */
const three = (x) => (x >= 99.95 ? x.toFixed(0) : x >= 9.995 ? x.toFixed(1) : x.toFixed(x === 0 ? 0 : 2));
/** @param {number} x */
const grouped = (x) => Math.round(x).toLocaleString("en-US");

/** Seconds. @param {number | null | undefined} s */
export function time(s) {
  if (!known(s)) return NONE;
  const x = Number(s);
  if (x === 0) return "0\u202fs";
  if (x < 1e-6) return `${three(x * 1e9)}\u202fns`;
  if (x < 1e-3) return `${three(x * 1e6)}\u202fµs`;
  if (x < 1) return `${three(x * 1e3)}\u202fms`;
  return x < 600 ? `${three(x)}\u202fs` : x < 7200 ? `${three(x / 60)}\u202fmin` : `${three(x / 3600)}\u202fh`;
}

/** A count, or a rate without its unit. @param {number | null | undefined} n */
export function count(n) {
  if (!known(n)) return NONE;
  const x = Number(n);
  if (x < 10 && x % 1) return x.toFixed(1);
  return x < 100_000 ? grouped(x) : x < 1e6 ? `${three(x / 1e3)}\u202fk` : `${three(x / 1e6)}\u202fM`;
}

/** A rate. @param {number | null | undefined} r */
export const rate = (r) => (known(r) ? `${count(r)}/s` : NONE);

/** A share. @param {number | null | undefined} share */
export function percent(share) {
  if (!known(share)) return NONE;
  const x = Number(share) * 100;
  return `${x === 0 || x >= 99.995 ? x.toFixed(0) : x < 0.01 ? "<0.01" : x < 10 ? x.toFixed(2) : x.toFixed(1)}\u202f%`;
}

/** Dollars a month. @param {number | null | undefined} usd */
export const dollars = (usd) => (known(usd) ? `$${grouped(Number(usd))}` : NONE);

/** The simulated clock. @param {number} ns @param {number} [digits] */
export function clock(ns, digits = 3) {
  const s = ns / 1e9;
  if (s < 600) return `${s.toFixed(digits)}\u202fs`;
  const two = (x) => String(Math.floor(x % 60)).padStart(2, "0");
  return `${s < 3600 ? "" : `${Math.floor(s / 3600)}\u202fh `}${s < 3600 ? Math.floor(s / 60) : two(s / 60)}\u202fmin ${two(s)}\u202fs`;
}

const UNITS = { ns: 1, us: 1e3, "µs": 1e3, ms: 1e6, s: 1e9, min: 6e10, h: 3.6e12, d: 8.64e13 };

/** A duration of the language in nanoseconds. @param {string | undefined} text */
function nanoseconds(text) {
  const found = /^([\d._]+)\s*(ns|us|µs|ms|s|min|h|d)$/.exec(text ?? "");
  return found ? Number(found[1].replaceAll("_", "")) * UNITS[found[2]] : NaN;
}

/** What a recorded input says: `at 12.3s inject crash on redis for 10s`. @param {string} input */
export function parsed(input) {
  const [, at, what] = /^at (\S+) (.*)$/.exec(input) ?? [, "", input];
  const long = / for (\S+)/.exec(what);
  const start_ns = nanoseconds(at);
  return { start_ns, end_ns: long ? start_ns + nanoseconds(long[1]) : NaN, label: what.replace(/^inject /, "").replace(/ for \S+$/, ""), set: what.startsWith("set ") };
}

/** What went wrong, in words. @param {any} error */
export const reason = (error) => error?.diagnostics?.[0]?.message ?? error?.message ?? String(error);
