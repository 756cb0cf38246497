// @ts-check
// The picture to take away: SVG through a context that writes, PNG, and WebM of the running canvas.

/** As much of a 2D context as the pen uses; every stroke and fill becomes an element. */
export class SvgContext {
  svg = true;
  font = "";
  fillStyle = "";
  strokeStyle = "";
  lineWidth = 1;
  globalAlpha = 1;
  #path = "";
  #dash = [];
  #elements = [];

  /** @param {CanvasRenderingContext2D} ruler measures the text */
  constructor(ruler) {
    this.ruler = ruler;
  }

  measureText(text) {
    this.ruler.font = this.font;
    return this.ruler.measureText(text);
  }

  beginPath() {
    this.#path = "";
  }

  moveTo(x, y) {
    this.#path += `M${short(x)} ${short(y)}`;
  }

  lineTo(x, y) {
    this.#path += `L${short(x)} ${short(y)}`;
  }

  bezierCurveTo(...numbers) {
    this.#path += `C${numbers.map(short).join(" ")}`;
  }

  closePath() {
    this.#path += "Z";
  }

  /** Whole circles only. */
  arc(x, y, r) {
    this.#path += `M${short(x - r)} ${short(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0`;
  }

  roundRect(x, y, w, h, radius) {
    const r = Math.min(radius, w / 2, h / 2);
    const turn = (dx, dy) => `a${short(r)} ${short(r)} 0 0 1 ${short(dx)} ${short(dy)}`;
    this.#path += `M${short(x + r)} ${short(y)}h${short(w - 2 * r)}${turn(r, r)}v${short(h - 2 * r)}${turn(-r, r)}h${short(2 * r - w)}${turn(-r, -r)}v${short(2 * r - h)}${turn(r, -r)}Z`;
  }

  setLineDash(dash) {
    this.#dash = dash;
  }

  fill() {
    this.#add("path", { d: this.#path, fill: this.fillStyle });
  }

  stroke() {
    this.#add("path", { d: this.#path, fill: "none", stroke: this.strokeStyle, "stroke-width": short(this.lineWidth), "stroke-dasharray": this.#dash.join(" ") });
  }

  fillRect(x, y, width, height) {
    this.#add("rect", { x: short(x), y: short(y), width: short(width), height: short(height), fill: this.fillStyle });
  }

  fillText(text, x, y) {
    const [, weight, size] = /** @type {RegExpMatchArray} */ (this.font.match(/^(\d+) ([\d.]+)px/));
    this.#add("text", { x: short(x), y: short(y), fill: this.fillStyle, "font-size": size, "font-weight": weight }, text);
  }

  #add(tag, attributes, text = "") {
    if (this.globalAlpha < 1) attributes.opacity = this.globalAlpha;
    const list = Object.entries(attributes).filter(([, value]) => value !== "").map(([name, value]) => ` ${name}="${escaped(String(value))}"`);
    this.#elements.push(`<${tag}${list.join("")}${text ? `>${escaped(text)}</${tag}>` : "/>"}`);
  }

  /** @param {{x: number, y: number, w: number, h: number}} frame */
  document({ x, y, w, h }, title, theme) {
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="${[x, y, w, h].map(short).join(" ")}" width="${short(w)}" height="${short(h)}" role="img" font-family="${escaped(theme.font)}" style="font-variant-numeric:tabular-nums"><title>${escaped(title)}</title><rect x="${short(x)}" y="${short(y)}" width="${short(w)}" height="${short(h)}" fill="${theme.bg}"/>${this.#elements.join("")}</svg>\n`;
  }
}

const short = (number) => Math.round(number * 100) / 100;
const escaped = (text) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** @param {HTMLCanvasElement} canvas @returns {Promise<Blob>} */
export function pngOf(canvas) {
  return new Promise((done, fail) => canvas.toBlob((blob) => (blob ? done(blob) : fail(new Error("The picture could not be encoded."))), "image/png"));
}

/** Records a canvas until it is told to stop. @param {HTMLCanvasElement} canvas @returns {() => Promise<Blob>} */
export function recordWebm(canvas) {
  const kinds = ["video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm"];
  const mimeType = kinds.find((kind) => MediaRecorder.isTypeSupported(kind));
  if (!mimeType) throw new Error("This browser records no WebM.");
  const recorder = new MediaRecorder(canvas.captureStream(30), { mimeType, videoBitsPerSecond: 6_000_000 });
  const chunks = [];
  recorder.ondataavailable = ({ data }) => chunks.push(data);
  recorder.start();
  return () =>
    new Promise((done) => {
      recorder.onstop = () => done(new Blob(chunks, { type: "video/webm" }));
      recorder.stop();
    });
}
