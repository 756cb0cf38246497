// @ts-check
// A canvas context (or one that writes SVG) with what the picture needs: fitted text, level digits, glyphs, colors.

import { glyphOf } from "./glyphs.mjs";

const COLORS = ["bg", "surface", "line", "text", "muted", "accent", "ok", "retry", "warn", "bad", "down"];

/** The colors and the font that the style sheet gives the picture. @returns {any} */
export function themeOf(host) {
  const style = getComputedStyle(host);
  return { font: style.fontFamily, ...Object.fromEntries(COLORS.map((name) => [name, style.getPropertyValue(`--${name}`).trim() || "gray"])) };
}

/** @type {Map<string, Map<string, number>>} Widths by font and text. */
const rulers = new Map();

export class Pen {
  /** `scale`: pixels of the screen per unit of the scene. @param {any} ctx */
  constructor(ctx, theme, scale) {
    this.ctx = ctx;
    this.theme = theme;
    this.scale = scale;
    /** One thin line on the screen, whatever the scale. */
    this.hair = Math.max(1, 1 / scale);
  }

  font(size, weight = 400) {
    return `${weight} ${Math.round(size * 8) / 8}px ${this.theme.font}`;
  }

  /** Draws what fits into `max`. @returns its width */
  text(x, y, string, { size = 12, weight = 400, color = this.theme.text, align = 0, max = Infinity } = {}) {
    const font = this.font(size, weight);
    while (string && this.width(string, font) > max) string = string.length > 2 ? `${string.slice(0, -2).replace(/[\s._-]+$/, "")}…` : "";
    const width = this.width(string, font);
    this.ctx.font = font;
    this.ctx.fillStyle = color;
    this.write(string, x - width * align, y, font);
    return width;
  }

  /** Digits stand in cells of one width, so that a number that changes does not tremble. */
  write(string, x, y, font) {
    if (this.ctx.svg || !/\d/.test(string) || this.measure("1", font) === this.measure("0", font)) return this.ctx.fillText(string, x, y);
    for (const run of string.match(/\d|\D+/g) ?? []) {
      const cell = this.width(run, font);
      this.ctx.fillText(run, x + (cell - this.measure(run, font)) / 2, y);
      x += cell;
    }
  }

  width(string, font) {
    return this.measure(string.replace(/\d/g, "0"), font);
  }

  measure(string, font) {
    const ruler = rulers.get(font) ?? new Map();
    let width = ruler.get(string);
    if (width === undefined) {
      if (rulers.size > 80 || ruler.size > 2000) rulers.clear();
      this.ctx.font = font;
      width = this.ctx.measureText(string).width;
      rulers.set(font, ruler.set(string, width));
    }
    return width;
  }

  box(x, y, w, h, radius, fill, stroke, width = this.hair, dash) {
    this.ctx.beginPath();
    this.ctx.roundRect(x, y, w, h, radius);
    if (fill) this.fill(fill);
    if (stroke) this.stroke(stroke, width, dash);
  }

  fill(color) {
    this.ctx.fillStyle = color;
    this.ctx.fill();
  }

  stroke(color, width = this.hair, dash = none) {
    this.ctx.strokeStyle = color;
    this.ctx.lineWidth = width;
    this.ctx.setLineDash(dash);
    this.ctx.stroke();
  }

  line(...points) {
    this.ctx.beginPath();
    for (let i = 0; i < points.length; i += 2) this.ctx[i ? "lineTo" : "moveTo"](points[i], points[i + 1]);
  }

  faint(alpha, draw) {
    this.ctx.globalAlpha = alpha;
    draw();
    this.ctx.globalAlpha = 1;
  }

  glyph(kind, x, y, size, color) {
    const { ctx } = this;
    const s = size / 16;
    ctx.beginPath();
    for (const [step, ...at] of glyphOf(kind)) {
      const [a, b, c, d, e, f] = at.map((n, i) => n * s + (step < "O" || i < 2 ? (i % 2 ? y : x) : 0));
      if (step === "M") ctx.moveTo(a, b);
      else if (step === "L") ctx.lineTo(a, b);
      else if (step === "C") ctx.bezierCurveTo(a, b, c, d, e, f);
      else if (step === "Z") ctx.closePath();
      else if (step === "R") ctx.roundRect(a, b, c, d, s);
      else this.circle(a, b, c);
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
