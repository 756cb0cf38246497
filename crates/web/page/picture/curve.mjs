// @ts-check
// The smooth curve of an edge: Bézier segments through the points of the layout, and samples at equal distances.

export const SAMPLES = 64;

/** @typedef {{bezier: number[], xy: Float32Array, length: number}} Curve  bezier: x y, then six numbers a segment */

/**
 * Leaves and enters nodes at right angles to their borders and never swings out between two layers.
 * @param {number[][]} points @param {Box} from @param {Box} to @returns {Curve}
 * @typedef {{x: number, y: number, w: number, h: number}} Box
 */
export function curveThrough(points, from, to) {
  const last = points.length - 1;
  const tangents = points.map((_, i) => {
    if (i === 0) return normal(points[0], from, 1);
    return i === last ? normal(points[last], to, -1) : bend(points[i - 1], points[i], points[i + 1]);
  });
  const bezier = [...points[0]];
  for (let i = 0; i < last; i++) {
    const [p, q] = [points[i], points[i + 1]];
    const [a, b] = [reach(p, q, tangents[i]), reach(p, q, tangents[i + 1])];
    bezier.push(p[0] + tangents[i][0] * a, p[1] + tangents[i][1] * a);
    bezier.push(q[0] - tangents[i + 1][0] * b, q[1] - tangents[i + 1][1] * b, ...q);
  }
  return sample(bezier);
}

/** Points out of the box (`way` 1) or into it (-1). */
function normal([x, y], box, way) {
  const sides = [box.x + box.w - x, x - box.x, box.y + box.h - y, y - box.y].map(Math.abs);
  const side = sides.indexOf(Math.min(...sides));
  return [[way, 0], [-way, 0], [0, way], [0, -way]][side];
}

/** The direction through an inner point: level where the path turns, else the harmonic mean of both slopes. */
function bend(a, b, c) {
  const [dx1, dy1, dx2, dy2] = [b[0] - a[0], b[1] - a[1], c[0] - b[0], c[1] - b[1]];
  if (dx1 * dx2 <= 0) return unit(c[0] - a[0], c[1] - a[1]);
  const [s1, s2] = [dy1 / dx1, dy2 / dx2];
  const slope = s1 * s2 <= 0 ? 0 : (2 * s1 * s2) / (s1 + s2);
  return unit(Math.sign(dx1), slope * Math.sign(dx1));
}

function unit(x, y) {
  const length = Math.hypot(x, y) || 1;
  return [x / length, y / length];
}

/** How far a control point lies from its end. */
function reach(p, q, tangent) {
  const along = (q[0] - p[0]) * tangent[0] + (q[1] - p[1]) * tangent[1];
  const distance = Math.hypot(q[0] - p[0], q[1] - p[1]);
  return along > 0 ? Math.max(along * 0.5, distance * 0.18) : Math.min(distance * 0.5, 60);
}

function sample(bezier) {
  const fine = [bezier[0], bezier[1]];
  for (let i = 2; i < bezier.length; i += 6) {
    for (let step = 1; step <= 24; step++) fine.push(...pointOf(bezier, i, step / 24));
  }
  const ends = [0];
  for (let i = 2; i < fine.length; i += 2) ends.push(ends.at(-1) + Math.hypot(fine[i] - fine[i - 2], fine[i + 1] - fine[i - 1]));
  const length = ends.at(-1) || 1;
  const xy = new Float32Array(2 * (SAMPLES + 1));
  for (let s = 0, i = 1; s <= SAMPLES; s++) {
    const want = (length * s) / SAMPLES;
    while (i < ends.length - 1 && ends[i] < want) i++;
    const part = (want - ends[i - 1]) / (ends[i] - ends[i - 1] || 1);
    for (const axis of [0, 1]) xy[2 * s + axis] = fine[2 * i - 2 + axis] + (fine[2 * i + axis] - fine[2 * i - 2 + axis]) * part;
  }
  return { bezier, xy, length };
}

function pointOf(bezier, i, t) {
  const u = 1 - t;
  const at = (axis) =>
    u * u * u * bezier[i - 2 + axis] + 3 * u * u * t * bezier[i + axis] + 3 * u * t * t * bezier[i + 2 + axis] + t * t * t * bezier[i + 4 + axis];
  return [at(0), at(1)];
}

/** The point at share `t` of the way. @param {Float32Array} xy @param {number} t */
export function pointAt(xy, t) {
  const at = Math.min(Math.max(t, 0), 1) * SAMPLES;
  const i = Math.min(Math.floor(at), SAMPLES - 1);
  const part = at - i;
  return [xy[2 * i] + (xy[2 * i + 2] - xy[2 * i]) * part, xy[2 * i + 1] + (xy[2 * i + 3] - xy[2 * i + 1]) * part];
}

/** How far a point lies from the curve. @param {Float32Array} xy @param {number} x @param {number} y */
export function distanceTo(xy, x, y) {
  let best = Infinity;
  for (let i = 0; i < xy.length; i += 2) best = Math.min(best, (xy[i] - x) ** 2 + (xy[i + 1] - y) ** 2);
  return Math.sqrt(best);
}

/** The points of an edge whose ends were moved: the inner ones follow, the less the farther away. */
export function stretch(points, [ax, ay], [bx, by]) {
  const last = points.length - 1;
  return points.map(([x, y], i) => {
    const t = last ? i / last : 0;
    return [x + ax * (1 - t) + bx * t, y + ay * (1 - t) + by * t];
  });
}
