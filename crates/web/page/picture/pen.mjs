// @ts-check
// A canvas context (or one that writes SVG) with what the picture needs: fitted text, level digits, glyphs, colors.

import { glyphOf } from "./glyphs.mjs";

const DEFAULTS = {
  bg: "#fbfbfa", surface: "#ffffff", raised: "#f4f4f2", line: "#dcdcd8", text: "#1b1f24", muted: "#646b75", accent: "#0072b2",
  ok: "#0072b2", retry: "#7a5195", warn: "#b27b00", bad: "#c0311a", down: "#5b6470",
};

/** The colors and the font that the style sheet gives the picture. @param {Element} host */
export function themeOf(host) {
  const style = getComputedStyle(host);
  const colors = Object.entries(DEFAULTS).map(([name, value]) => [name, style.getPropertyValue(`--${name}`).trim() || value]);
  return { ...Object.fromEntries(colors), font: style.fontFamily || "system-ui, sans-serif" };
}

const widths = new Map();

export class Pen {
  /** @param {any} ctx @param {any} theme @param {number} scale pixels of the screen per unit of the scene */
  constructor(ctx, theme, scale) {
    this.ctx = ctx;
    this.theme = theme;
    this.scale = scale;
    /** One thin line on the screen, whatever the scale. */
    this.hair = Math.max(1, 1 / scale);
  }

  /** @param {{size?: number, weight?: number, color?: string, align?: "left"|"right"|"center", max?: number}} [how] @returns its width */
  text(x, y, string, { size = 12, weight = 400, color = this.theme.text, align = "left", max = Infinity } = {}) {
    const { ctx } = this;
    const font = `${weight} ${Math.round(size * 8) / 8}px ${this.theme.font}`;
    if (ctx.font !== font) ctx.font = font;
    ctx.fillStyle = color;
    const fitted = this.fit(string, max, font);
    const width = this.width(fitted, font);
    this.write(fitted, align === "left" ? x : align === "right" ? x - width : x - width / 2, y, font);
    return width;
  }

  /** Digits stand in cells of one width, so that a number that changes does not tremble. */
  write(string, x, y, font) {
    const { ctx } = this;
    if (ctx.svg || !/\d/.test(string) || this.level(font)) return ctx.fillText(string, x, y);
    for (const run of string.match(/\d|\D+/g) ?? []) {
      const cell = this.width(run, font);
      ctx.fillText(run, x + (cell - this.measure(run, font)) / 2, y);
      x += cell;
    }
  }

  /** The width that a text of this size would have. */
  wide(string, size, weight = 400) {
    this.ctx.font = `${weight} ${Math.round(size * 8) / 8}px ${this.theme.font}`;
    return this.width(string, this.ctx.font);
  }

  level(font) {
    return Math.abs(this.measure("1", font) - this.measure("0", font)) < 0.01;
  }

  width(string, font) {
    if (this.level(font) || !/\d/.test(string)) return this.measure(string, font);
    return (string.match(/\d|\D+/g) ?? []).reduce((sum, run) => sum + this.measure(/\d/.test(run) ? "0" : run, font), 0);
  }

  measure(string, font) {
    const key = font + string;
    let width = widths.get(key);
    if (width === undefined) {
      if (widths.size > 4000) widths.clear();
      width = this.ctx.measureText(string).width;
      widths.set(key, width);
    }
    return width;
  }

  /** The longest beginning that fits, with an ellipsis. */
  fit(string, max, font) {
    if (max === Infinity || this.width(string, font) <= max) return string;
    let [low, high] = [0, string.length];
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if (this.width(`${string.slice(0, middle)}…`, font) <= max) low = middle;
      else high = middle - 1;
    }
    return low ? `${string.slice(0, low).trimEnd()}…` : "";
  }

  box(x, y, w, h, radius, fill, stroke, width = this.hair, dash = none) {
    const { ctx } = this;
    ctx.beginPath();
    ctx.roundRect(x, y, w, h, radius);
    if (fill) {
      ctx.fillStyle = fill;
      ctx.fill();
    }
    if (stroke) this.stroke(stroke, width, dash);
  }

  stroke(color, width = this.hair, dash = none) {
    const { ctx } = this;
    ctx.strokeStyle = color;
    ctx.lineWidth = width;
    ctx.setLineDash(dash);
    ctx.stroke();
  }

  rect(x, y, w, h, fill) {
    this.ctx.fillStyle = fill;
    this.ctx.fillRect(x, y, w, h);
  }

  /** Draws with less of the color. @param {number} alpha @param {() => void} draw */
  faint(alpha, draw) {
    this.ctx.globalAlpha = alpha;
    draw();
    this.ctx.globalAlpha = 1;
  }

  glyph(kind, x, y, size, color) {
    const { ctx } = this;
    const s = size / 16;
    ctx.beginPath();
    for (const [step, a, b, c, d, e, f] of glyphOf(kind)) {
      if (step === "M") ctx.moveTo(x + a * s, y + b * s);
      else if (step === "L") ctx.lineTo(x + a * s, y + b * s);
      else if (step === "C") ctx.bezierCurveTo(x + a * s, y + b * s, x + c * s, y + d * s, x + e * s, y + f * s);
      else if (step === "Z") ctx.closePath();
      else if (step === "R") ctx.roundRect(x + a * s, y + b * s, c * s, d * s, s);
      else this.circle(x + a * s, y + b * s, c * s);
    }
    this.stroke(color, 1.4 * s);
  }

  circle(x, y, radius) {
    this.ctx.moveTo(x + radius, y);
    this.ctx.arc(x, y, radius, 0, 2 * Math.PI);
  }
}

/** @type {number[]} */
const none = [];
