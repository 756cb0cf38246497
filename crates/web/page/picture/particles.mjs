// @ts-check
// Calls on their way: one particle for n calls, or, where there are too many, a line of dashes that flows.
// All state is in typed arrays made once; a frame allocates nothing.

import { SAMPLES } from "./curve.mjs";
import { widthOf } from "./paint.mjs";

export const PARTICLES_MAX = 1500;
const ALIVE_WANTED = 1100;
/** Particles a second that one edge shows of each outcome before one stands for several calls. */
const EDGE_RATE = 12;
/** Calls a second of the wall at which an edge begins, and stops, to flow. */
const [FLOW_FROM, FLOW_UNTIL] = [900, 600];
const DASH_EVERY = 18;

/** What a particle is; the first five have a shape each, dashes come in three widths. */
const CALL = 0, REPLY = 1, RETRY = 2, ERROR = 3, DROP = 4, DASH = 5;
const SHAPES = 8;

export class Particles {
  alive = 0;
  edge = new Uint16Array(PARTICLES_MAX);
  shape = new Uint8Array(PARTICLES_MAX);
  at = new Float32Array(PARTICLES_MAX);
  step_ms = new Float32Array(PARTICLES_MAX);
  end = new Float32Array(PARTICLES_MAX);
  lane = new Float32Array(PARTICLES_MAX);
  #state = 0x9e3779b9;

  clear() {
    this.alive = 0;
  }

  /** Between 0 and 1; a picture looks the same whenever it shows the same run. */
  #random() {
    let s = this.#state;
    s ^= s << 13;
    s ^= s >>> 17;
    s ^= s << 5;
    this.#state = s;
    return (s >>> 0) / 4294967296;
  }

  /** Makes the counters of each edge; `stream` is the share of the way to the next dash. */
  setEdges(edges) {
    this.clear();
    this.flows = edges.map(() => ({ wall: 0, flowing: false, n: 1, due: new Float32Array(5), shares: new Float32Array(5), stream: 0 }));
  }

  /** Takes in what happened on the edges since the frame before. */
  feed(edges, live, dt, speed, scale) {
    const blend = Math.min(dt / 400, 1);
    const most = EDGE_RATE * Math.min(scale * 1.2, 1);
    const gap = DASH_EVERY * sizeAt(scale);
    let wanted = 0;
    for (let i = 0; i < edges.length; i++) {
      const flow = this.flows[i];
      const { delta } = live.edge(edges[i].id);
      const bad = delta.failed + (delta.refused || 0);
      const gone = delta.timeouts + delta.lost;
      const calls = delta.attempts + (delta.refused || 0);
      flow.wall += ((calls * 1000) / dt - flow.wall) * blend;
      if (calls > 0) {
        flow.shares[RETRY] += (delta.retries / calls - flow.shares[RETRY]) * blend;
        flow.shares[ERROR] += (Math.min(bad / calls, 1) - flow.shares[ERROR]) * blend;
        flow.shares[DROP] += (Math.min(gone / calls, 1) - flow.shares[DROP]) * blend;
      }
      const flowing = flow.wall > (flow.flowing ? FLOW_UNTIL : FLOW_FROM);
      if (flowing !== flow.flowing) flow.due.fill(0);
      flow.flowing = flowing;
      wanted += flow.flowing ? edges[i].curve.length / gap : Math.min(flow.wall, most) * 1.9;
      if (flow.flowing) continue;
      flow.due[CALL] += delta.attempts - delta.retries;
      flow.due[RETRY] += delta.retries;
      flow.due[REPLY] += delta.ok;
      flow.due[ERROR] += bad;
      flow.due[DROP] += gone;
    }
    const crowd = Math.max(1, wanted / ALIVE_WANTED);
    for (let i = 0; i < edges.length; i++) {
      if (this.flows[i].flowing) this.#stream(edges, i, dt, gap * crowd);
      else this.#emit(edges, i, dt, speed, most / crowd);
    }
  }

  #emit(edges, i, dt, speed, most) {
    const { due, wall } = this.flows[i];
    const n = Math.max(1, Math.ceil(wall / most));
    const slow = ((edges[i].shown.latency ?? 0) * 500) / (speed || 1);
    const travel_ms = Math.min(Math.max(edges[i].curve.length * 5.5, 520, slow), 2600);
    for (let shape = CALL; shape <= DROP; shape++) {
      for (let made = 0; due[shape] >= n && made < 40; made++) {
        due[shape] -= n;
        const [from, to] = WAYS[shape];
        const pace = ((to - from) / travel_ms) * (0.94 + 0.12 * this.#random());
        const side = (to > from ? -1 : 1) * (2.6 + 1.4 * (this.#random() - 0.5));
        this.#add(i, shape, from - pace * dt * this.#random(), pace, to, side);
      }
      if (due[shape] > 60 * n) due[shape] = 0;
    }
  }

  /** A dash every so many units of the way; each takes the next outcome in its share. */
  #stream(edges, i, dt, gap) {
    const { shares, due, wall } = this.flows[i];
    const edge = edges[i];
    const pace = (70 + 65 * Math.log10(Math.max(wall, 300) / 300)) / 1000;
    this.flows[i].stream += (pace * dt) / gap;
    const dash = DASH + Math.min(Math.max(Math.floor(widthOf(edge) - 2.8), 0), 2);
    while (this.flows[i].stream >= 1) {
      this.flows[i].stream -= 1;
      let shape = dash;
      for (let bad = RETRY; bad <= DROP; bad++) {
        due[bad] = Math.min(due[bad] + shares[bad], 2);
        if (shape === dash && due[bad] >= 1) {
          due[bad] -= 1;
          shape = bad;
        }
      }
      this.#add(i, shape, (this.flows[i].stream * gap) / edge.curve.length, pace / edge.curve.length, 1, 0);
    }
  }

  #add(edge, shape, at, step_ms, end, lane) {
    if (this.alive === PARTICLES_MAX) return;
    const p = this.alive++;
    this.edge[p] = edge;
    this.shape[p] = shape;
    this.at[p] = at;
    this.step_ms[p] = step_ms;
    this.end[p] = end;
    this.lane[p] = lane;
  }

  move(dt) {
    for (let p = 0; p < this.alive; p++) {
      this.at[p] += this.step_ms[p] * dt;
      if (this.step_ms[p] > 0 ? this.at[p] < this.end[p] : this.at[p] > this.end[p]) continue;
      const q = --this.alive;
      for (const column of [this.edge, this.shape, this.at, this.step_ms, this.end, this.lane]) column[p] = column[q];
      p--;
    }
  }

  /** One path for each shape and color. @param {CanvasRenderingContext2D} ctx */
  draw(ctx, edges, theme, scale) {
    const size = sizeAt(scale);
    ctx.setLineDash(SOLID);
    for (let shape = 0; shape < SHAPES; shape++) {
      ctx.beginPath();
      let any = false;
      for (let p = 0; p < this.alive; p++) {
        if (this.shape[p] !== shape || this.at[p] < 0 || this.at[p] > 1) continue;
        any = true;
        this.#trace(ctx, p, edges[this.edge[p]].xy, shape, size);
      }
      if (any) finish(ctx, shape, theme, size);
    }
    ctx.globalAlpha = 1;
  }

  #trace(ctx, p, xy, shape, size) {
    const at = this.at[p] * SAMPLES;
    const i = Math.min(at | 0, SAMPLES - 1) * 2;
    const part = at - i / 2;
    const dx = xy[i + 2] - xy[i], dy = xy[i + 3] - xy[i + 1];
    const length = Math.sqrt(dx * dx + dy * dy) || 1;
    const ux = dx / length, uy = dy / length;
    const x = xy[i] + dx * part - uy * this.lane[p] * size;
    const y = xy[i + 1] + dy * part + ux * this.lane[p] * size;
    mark(ctx, shape, x, y, ux, uy, size);
  }
}

/** From afar everything on the way is drawn larger. */
const sizeAt = (scale) => Math.max(1, 0.8 / scale) ** 0.8;

/** Where each shape starts and ends: what is lost turns back half way, replies go back all of it. */
const WAYS = [[0, 1], [1, 0], [0, 1], [1, 0], [0.55, 0]];
const SOLID = [];
const COLORS = ["ok", "ok", "retry", "bad", "warn", "ok", "ok", "ok"];
const ALPHAS = [0.95, 0.6, 1, 1, 1, 0.8, 0.8, 0.8];

function mark(ctx, shape, x, y, ux, uy, size) {
  if (shape === CALL || shape === REPLY) {
    const r = (shape === CALL ? 2.7 : 1.9) * size;
    ctx.moveTo(x + r, y);
    ctx.arc(x, y, r, 0, 6.2832);
  } else if (shape === RETRY) {
    const r = 4 * size;
    ctx.moveTo(x, y - r);
    ctx.lineTo(x + r * 0.9, y + r * 0.7);
    ctx.lineTo(x - r * 0.9, y + r * 0.7);
    ctx.closePath();
  } else if (shape === ERROR) {
    const r = 2.9 * size;
    ctx.rect(x - r, y - r, 2 * r, 2 * r);
  } else if (shape === DROP) {
    const r = 3.2 * size;
    ctx.moveTo(x - r, y - r);
    ctx.lineTo(x + r, y + r);
    ctx.moveTo(x + r, y - r);
    ctx.lineTo(x - r, y + r);
  } else {
    const r = 3.5 * size;
    ctx.moveTo(x - ux * r, y - uy * r);
    ctx.lineTo(x + ux * r, y + uy * r);
  }
}

function finish(ctx, shape, theme, size) {
  ctx.globalAlpha = ALPHAS[shape];
  const color = theme[COLORS[shape]];
  if (shape < DROP) {
    ctx.fillStyle = color;
    ctx.fill();
    return;
  }
  ctx.strokeStyle = color;
  ctx.lineCap = "round";
  ctx.lineWidth = shape === DROP ? 2 * size : (1.4 + 1.1 * (shape - DASH)) * size;
  ctx.stroke();
  ctx.lineCap = "butt";
}
