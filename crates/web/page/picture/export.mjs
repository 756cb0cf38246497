// @ts-check
// The picture to take away: SVG through a context that writes, PNG, and WebM of the running canvas.

import { extent } from "./parts.mjs";
import { Pen } from "./pen.mjs";

const short = (number) => Math.round(number * 100) / 100;
const escaped = (text) => String(text).replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);
const attributes = (all) => Object.entries(all).filter(([, value]) => value !== "").map(([name, value]) => ` ${name}="${escaped(typeof value === "number" ? short(value) : value)}"`).join("");

/** As much of a 2D context as the pen uses; every stroke and fill becomes an element. */
export class SvgContext {
  svg = true;
  font = "";
  fillStyle = "";
  strokeStyle = "";
  lineWidth = 1;
  globalAlpha = 1;
  path = "";
  dash = [];
  elements = "";

  constructor(ruler) {
    this.ruler = ruler;
  }

  measureText(text) {
    this.ruler.font = this.font;
    return this.ruler.measureText(text);
  }

  beginPath() {
    this.path = "";
  }

  moveTo(...at) {
    this.path += `M${at.map(short)}`;
  }

  lineTo(...at) {
    this.path += `L${at.map(short)}`;
  }

  bezierCurveTo(...at) {
    this.path += `C${at.map(short)}`;
  }

  closePath() {
    this.path += "Z";
  }

  /** Whole circles only. */
  arc(x, y, r) {
    this.path += `M${short(x - r)},${short(y)}a${r},${r},0,1,0,${2 * r},0a${r},${r},0,1,0,${-2 * r},0`;
  }

  roundRect(x, y, w, h, radius) {
    const r = Math.min(radius, w / 2, h / 2);
    const turn = (dx, dy) => `a${[r, r, 0, 0, 1, dx, dy].map(short)}`;
    this.path += `M${[x + r, y].map(short)}h${short(w - 2 * r)}${turn(r, r)}v${short(h - 2 * r)}${turn(-r, r)}h${short(2 * r - w)}${turn(-r, -r)}v${short(2 * r - h)}${turn(r, -r)}Z`;
  }

  setLineDash(dash) {
    this.dash = dash;
  }

  fill() {
    this.add("path", { d: this.path, fill: this.fillStyle });
  }

  stroke() {
    this.add("path", { d: this.path, fill: "none", stroke: this.strokeStyle, "stroke-width": this.lineWidth, "stroke-dasharray": this.dash.join(" ") });
  }

  fillText(text, x, y) {
    const [, weight, size] = /^(\d+) ([\d.]+)px/.exec(this.font) ?? [];
    this.add("text", { x, y, fill: this.fillStyle, "font-size": size, "font-weight": weight }, text);
  }

  add(tag, all, text = "") {
    if (this.globalAlpha < 1) all.opacity = this.globalAlpha;
    this.elements += `<${tag}${attributes(all)}>${escaped(text)}</${tag}>`;
  }

  document({ left: x, top: y, width, height }, title, { font, bg }) {
    const root = { xmlns: "http://www.w3.org/2000/svg", viewBox: [x, y, width, height].map(short).join(" "), width, height, role: "img", "font-family": font, style: "font-variant-numeric:tabular-nums" };
    return `<svg${attributes(root)}><title>${escaped(title)}</title><rect${attributes({ x, y, width, height, fill: bg })}/>${this.elements}</svg>\n`;
  }
}

export function svgOf(picture) {
  const ctx = new SvgContext(picture.layers[1]);
  picture.paintWhole(new Pen(ctx, picture.colors, 1));
  return ctx.document(extent(picture.parts), [picture.meta.system, picture.meta.scenario].filter(Boolean).join(", "), picture.colors);
}

/** @returns {Promise<Blob>} */
export function pngOf(picture) {
  const { left, top, width, height } = extent(picture.parts);
  const canvas = Object.assign(document.createElement("canvas"), { width: width * 2, height: height * 2 });
  const pen = new Pen(canvas.getContext("2d"), picture.colors, 1);
  pen.ctx.setTransform(2, 0, 0, 2, -2 * left, -2 * top);
  pen.box(left, top, width, height, 0, picture.colors.bg);
  picture.paintWhole(pen);
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("The picture could not be encoded."))), "image/png"));
}

/** Records what is shown until the answer is called. */
export function recordWebm(picture) {
  const mimeType = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm"].find((kind) => MediaRecorder.isTypeSupported(kind));
  if (!mimeType) throw new Error("This browser records no WebM.");
  const canvas = document.createElement("canvas");
  const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  picture.film = () => {
    const { width, height } = picture.layers[0].canvas;
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    ctx.fillStyle = picture.colors.bg;
    ctx.fillRect(0, 0, width, height);
    for (const layer of picture.layers) ctx.drawImage(layer.canvas, 0, 0);
  };
  picture.film();
  const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType, videoBitsPerSecond: 6e6 });
  const chunks = [];
  const begun = new Promise((done) => {
    recorder.ondataavailable = ({ data }) => chunks.push(data) && data.size > 999 && done(0);
  });
  recorder.start(200);
  return async () => {
    // A busy machine needs time for the first picture.
    await Promise.race([begun, new Promise((late) => setTimeout(late, 3000))]);
    const ended = new Promise((done) => (recorder.onstop = done));
    recorder.stop();
    await ended;
    picture.film = null;
    return new Blob(chunks, { type: "video/webm" });
  };
}
