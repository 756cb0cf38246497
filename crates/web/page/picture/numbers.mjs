// @ts-check
// How numbers read in the picture: three figures that matter, a thin space before the unit.

const grouped = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/** @param {number} value */
export function count(value) {
  if (value < 1e5) return grouped.format(value);
  return value < 1e6 ? `${grouped.format(value / 1e3)}k` : `${(value / 1e6).toPrecision(3)}M`;
}

/** Calls a second. @param {number} value */
export function rate(value) {
  if (!Number.isFinite(value)) return "–";
  return `${value > 0 && value < 10 ? value.toFixed(1) : count(value)}/s`;
}

/** @param {number | null | undefined} value */
export function seconds(value) {
  if (value == null || !(value > 0)) return "–";
  if (value < 0.9995e-3) return `${grouped.format(value * 1e6)}\u202fµs`;
  if (value < 0.9995) return `${value < 0.00995 ? (value * 1e3).toFixed(1) : grouped.format(value * 1e3)}\u202fms`;
  return `${value < 99.95 ? value.toPrecision(value < 9.995 ? 3 : 2) : grouped.format(value)}\u202fs`;
}

/** A share of one. @param {number} value */
export function percent(value) {
  const share = value * 100;
  return `${share > 0 && share < 1 ? share.toFixed(1) : grouped.format(share)}\u202f%`;
}
