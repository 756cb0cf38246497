// @ts-check
// The smooth curve of an edge: Bézier segments through the points of the layout, and samples at equal distances.

export const SAMPLES = 64;

/**
 * Leaves and enters nodes at right angles to their borders and never swings out between two layers.
 * `bezier` is x y, then six numbers a segment; `xy` are SAMPLES + 1 points.
 */
export function curveThrough(points, from, to) {
  const last = points.length - 1;
  const first = normal(points[0], from, 1);
  const axis = first[0] ? 0 : 1;
  const tangents = points.map((point, i) => (i === 0 ? first : i === last ? normal(point, to, -1) : bend(points[i - 1], point, points[i + 1], axis)));
  const bezier = [...points[0]];
  for (let i = 0; i < last; i++) {
    const [[px, py], [qx, qy], [ax, ay], [bx, by]] = [points[i], points[i + 1], tangents[i], tangents[i + 1]];
    const [a, b] = [reach(qx - px, qy - py, ax, ay), reach(qx - px, qy - py, bx, by)];
    bezier.push(px + ax * a, py + ay * a, qx - bx * b, qy - by * b, qx, qy);
  }
  return sample(bezier);
}

/** Out of the nearest border of a node (`way` 1) or in (-1). */
function normal([x, y], { x: left, y: top, w, h }, way) {
  const away = [left + w - x, x - left, top + h - y, y - top].map(Math.abs);
  return [[way, 0], [-way, 0], [0, way], [0, -way]][away.indexOf(Math.min(...away))];
}

/** Through an inner point: level with the layers on the way from one to the next, else along the chord. */
function bend(a, b, c, axis) {
  const way = Math.sign(b[axis] - a[axis]);
  if (way && way === Math.sign(c[axis] - b[axis])) return axis ? [0, way] : [way, 0];
  const length = Math.hypot(c[0] - a[0], c[1] - a[1]) || 1;
  return [(c[0] - a[0]) / length, (c[1] - a[1]) / length];
}

/** How far a control point lies from its end. */
function reach(dx, dy, tx, ty) {
  const along = dx * tx + dy * ty;
  return along > 0 ? along / 2 : Math.min(Math.hypot(dx, dy) / 2, 60);
}

function sample(bezier) {
  const fine = [bezier.slice(0, 2)];
  const ends = [0];
  for (let i = 2; i < bezier.length; i += 6) {
    for (let t = 1 / 24; t < 1.001; t += 1 / 24) {
      const u = 1 - t;
      const at = (k) => u * u * u * bezier[i - 2 + k] + 3 * u * u * t * bezier[i + k] + 3 * u * t * t * bezier[i + 2 + k] + t * t * t * bezier[i + 4 + k];
      const [x, y] = /** @type {number[]} */ (fine.at(-1));
      fine.push([at(0), at(1)]);
      ends.push(/** @type {number} */ (ends.at(-1)) + Math.hypot(at(0) - x, at(1) - y));
    }
  }
  const length = ends.at(-1) || 1;
  const xy = new Float32Array(2 * (SAMPLES + 1));
  for (let s = 0, i = 1; s <= SAMPLES; s++) {
    const want = (length * s) / SAMPLES;
    while (i < ends.length - 1 && ends[i] < want) i++;
    const part = (want - ends[i - 1]) / (ends[i] - ends[i - 1] || 1);
    for (const k of [0, 1]) xy[2 * s + k] = fine[i - 1][k] + (fine[i][k] - fine[i - 1][k]) * part;
  }
  return { bezier, xy, length };
}

/** The point at share `t` of the way. */
export function pointAt(xy, t) {
  const i = 2 * Math.round(t * SAMPLES);
  return [xy[i], xy[i + 1]];
}
