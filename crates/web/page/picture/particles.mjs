// @ts-check
// Calls on their way: one particle for n calls, or, where there are too many, a line of dashes that flows.
// All state is in typed arrays made once; a frame allocates nothing.

import { SAMPLES } from "./curve.mjs";
import { widthOf } from "./paint.mjs";

const PARTICLES_MAX = 1500;
/** Few enough alive that there is always room for what goes wrong. */
const ALIVE_WANTED = 1100;
/** Particles a second that an edge shows of one outcome before each stands for several calls. */
const EDGE_RATE = 12;
/** Calls a second of the wall at which an edge begins, and stops, to flow. */
const [FLOW_FROM, FLOW_UNTIL] = [900, 600];
const DASH_EVERY = 18;

/** What a particle is. Dashes come in three widths. */
const [CALL, REPLY, RETRY, ERROR, DROP, DASH, SHAPES] = [0, 1, 2, 3, 4, 5, 8];
/** From where to where: what is dropped turns back half way, replies go back all of it. */
const WAYS = [[0, 1], [1, 0], [0, 1], [1, 0], [0.55, 0]];
const COLORS = ["ok", "ok", "retry", "bad", "warn", "ok", "ok", "ok"];
const ALPHAS = [0.95, 0.6, 1, 1, 1, 0.8, 0.8, 0.8];

export class Particles {
  alive = 0;
  edge = new Uint16Array(PARTICLES_MAX);
  shape = new Uint8Array(PARTICLES_MAX);
  at = new Float32Array(PARTICLES_MAX);
  pace = new Float32Array(PARTICLES_MAX);
  end = new Float32Array(PARTICLES_MAX);
  lane = new Float32Array(PARTICLES_MAX);
  columns = [this.edge, this.shape, this.at, this.pace, this.end, this.lane];
  seed = 0x9e3779b9;

  /** Between 0 and 1; the same run looks the same. */
  random() {
    this.seed ^= this.seed << 13;
    this.seed ^= this.seed >>> 17;
    this.seed ^= this.seed << 5;
    return (this.seed >>> 0) / 4294967296;
  }

  /** For each edge what it has still to show; `next` is the share of the way to the next dash. */
  setEdges(edges) {
    this.alive = 0;
    this.edges = edges;
    this.flows = edges.map(() => ({ wall: 0, flowing: false, next: 0, due: new Float32Array(5), shares: new Float32Array(5) }));
  }

  /** Takes in what happened since the frame before. */
  feed(live, dt, speed, scale) {
    const gap = DASH_EVERY * sizeAt(scale);
    const most = EDGE_RATE * Math.min(scale * 1.2, 1);
    let wanted = 0;
    for (let i = 0; i < this.edges.length; i++) {
      this.note(this.flows[i], live.edge(this.edges[i].id).delta, dt);
      wanted += this.flows[i].flowing ? this.edges[i].curve.length / gap : Math.min(this.flows[i].wall, most) * 1.9;
    }
    const crowd = Math.max(1, wanted / ALIVE_WANTED);
    dt = Math.min(dt, 100);
    for (let i = 0; i < this.edges.length; i++) {
      if (this.flows[i].flowing) this.stream(i, dt, gap * crowd);
      else this.emit(i, dt, speed, most / crowd);
    }
  }

  note(flow, { attempts, ok, retries, timeouts, failed, lost, refused = 0 }, dt) {
    const { due, shares } = flow;
    const blend = Math.min(dt / 400, 1);
    const calls = attempts + refused;
    flow.wall += ((calls * 1000) / dt - flow.wall) * blend;
    const flowing = flow.wall > (flow.flowing ? FLOW_UNTIL : FLOW_FROM);
    if (flowing !== flow.flowing) due.fill(0);
    flow.flowing = flowing;
    if (calls > 0) {
      shares[RETRY] += (retries / calls - shares[RETRY]) * blend;
      shares[ERROR] += (Math.min((failed + refused) / calls, 1) - shares[ERROR]) * blend;
      shares[DROP] += (Math.min((timeouts + lost) / calls, 1) - shares[DROP]) * blend;
    }
    if (flowing) return;
    due[CALL] += attempts - retries;
    due[RETRY] += retries;
    due[REPLY] += ok;
    due[ERROR] += failed + refused;
    due[DROP] += timeouts + lost;
  }

  emit(i, dt, speed, most) {
    const { due, wall } = this.flows[i];
    const { curve, now } = this.edges[i];
    const n = Math.max(1, Math.ceil(wall / most));
    const travel_ms = Math.min(Math.max(curve.length * 5.5, 520, ((now.latency_s || 0) * 500) / (speed || 1)), 2600);
    // What a slow page did not show in time is not made up for, unless each call counts.
    const burst = n > 1 ? n * Math.max(1, (most * dt) / 700) : 60;
    for (let shape = CALL; shape <= DROP; shape++) {
      due[shape] = Math.min(due[shape], burst);
      for (const [from, to] = WAYS[shape]; due[shape] >= n; due[shape] -= n) {
        const pace = ((to - from) / travel_ms) * (0.94 + 0.12 * this.random());
        this.add(i, shape, from - pace * dt * this.random(), pace, to, Math.sign(from - to) * (2.1 + this.random()));
      }
    }
  }

  /** A dash every so many units of the way; each takes the next outcome in its share. */
  stream(i, dt, gap) {
    const flow = this.flows[i];
    const { length } = this.edges[i].curve;
    const pace = (70 + 65 * Math.log10(Math.max(flow.wall, 300) / 300)) / 1000;
    const dash = DASH + Math.min(Math.max(Math.floor(widthOf(this.edges[i]) - 2.8), 0), 2);
    for (flow.next += (pace * dt) / gap; flow.next >= 1; flow.next--) {
      let shape = dash;
      for (let bad = RETRY; bad <= DROP; bad++) {
        flow.due[bad] = Math.min(flow.due[bad] + flow.shares[bad], 2);
        if (shape !== dash || flow.due[bad] < 1) continue;
        flow.due[bad]--;
        shape = bad;
      }
      this.add(i, shape, ((flow.next - 1) * gap) / length, pace / length, 1, 0);
    }
  }

  add(edge, shape, at, pace, end, lane) {
    if (this.alive === PARTICLES_MAX) return;
    const p = this.alive++;
    this.edge[p] = edge;
    this.shape[p] = shape;
    this.at[p] = at;
    this.pace[p] = pace;
    this.end[p] = end;
    this.lane[p] = lane;
  }

  move(dt) {
    for (let p = this.alive - 1; p >= 0; p--) {
      this.at[p] += this.pace[p] * dt;
      if (this.pace[p] > 0 ? this.at[p] < this.end[p] : this.at[p] > this.end[p]) continue;
      this.alive--;
      for (const column of this.columns) column[p] = column[this.alive];
    }
  }

  /** One path for each shape and color. */
  draw(ctx, theme, scale) {
    const size = sizeAt(scale);
    ctx.setLineDash([]);
    ctx.lineCap = "round";
    for (let shape = 0; shape < SHAPES; shape++) {
      ctx.beginPath();
      for (let p = 0; p < this.alive; p++) if (this.shape[p] === shape && this.at[p] >= 0 && this.at[p] <= 1) this.trace(ctx, p, shape, size);
      ctx.globalAlpha = ALPHAS[shape];
      ctx.fillStyle = ctx.strokeStyle = theme[COLORS[shape]];
      ctx.lineWidth = (shape === DROP ? 2 : 1.4 + 1.1 * (shape - DASH)) * size;
      if (shape < DROP) ctx.fill();
      else ctx.stroke();
    }
    ctx.lineCap = "butt";
    ctx.globalAlpha = 1;
  }

  trace(ctx, p, shape, size) {
    const { xy } = this.edges[this.edge[p]];
    const at = this.at[p] * SAMPLES;
    const i = Math.min(Math.floor(at), SAMPLES - 1) * 2;
    const dx = xy[i + 2] - xy[i], dy = xy[i + 3] - xy[i + 1];
    const unit = size / (Math.sqrt(dx * dx + dy * dy) || 1);
    const x = xy[i] + dx * (at - i / 2) - dy * unit * this.lane[p];
    const y = xy[i + 1] + dy * (at - i / 2) + dx * unit * this.lane[p];
    if (shape >= DASH) mark(ctx, shape, x, y, dx * unit * 3.5, dy * unit * 3.5);
    else mark(ctx, shape, x, y, RADII[shape] * size, RADII[shape] * size);
  }
}

const RADII = [2.7, 1.9, 4, 2.9, 3.2];

function mark(ctx, shape, x, y, a, b) {
  if (shape <= REPLY) {
    ctx.moveTo(x + a, y);
    ctx.arc(x, y, a, 0, 6.2832);
  } else if (shape === RETRY) {
    ctx.moveTo(x, y - a);
    ctx.lineTo(x + a * 0.9, y + a * 0.7);
    ctx.lineTo(x - a * 0.9, y + a * 0.7);
  } else if (shape === ERROR) ctx.rect(x - a, y - a, 2 * a, 2 * a);
  else {
    ctx.moveTo(x - a, y - b);
    ctx.lineTo(x + a, y + b);
    if (shape !== DROP) return;
    ctx.moveTo(x + a, y - b);
    ctx.lineTo(x - a, y + b);
  }
}

/** From afar everything on the way is drawn larger. */
const sizeAt = (scale) => Math.max(1, 0.8 / scale) ** 0.8;
