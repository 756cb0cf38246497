// @ts-check
// One small drawing for each family of kinds, on a grid of 16: M, L, C, Z as in SVG; O x y r a circle, R x y w h a box.

/** @type {Record<string, string>} */
const STROKES = {
  gateway: "M1.5 8 L14 8 M10.5 4.5 L14 8 L10.5 11.5 M5.5 2.5 L5.5 13.5",
  balancer: "M1.5 8 L6 8 M11.5 3 L9.5 3 L6 8 L9.5 13 L11.5 13 M6 8 L11.5 8 O13 3 1.5 O13 8 1.5 O13 13 1.5",
  service: "M8 1.6 L13.6 4.8 L13.6 11.2 L8 14.4 L2.4 11.2 L2.4 4.8 Z",
  cache: "M9 1.5 L3.2 9 L7.4 9 L6.6 14.5 L12.8 6.7 L8.4 6.7 Z",
  database:
    "M2.5 4 C2.5 1.6 13.5 1.6 13.5 4 C13.5 6.4 2.5 6.4 2.5 4 L2.5 12 C2.5 14.4 13.5 14.4 13.5 12 L13.5 4 M2.5 8 C2.5 10.4 13.5 10.4 13.5 8",
  queue: "R1.5 4.5 3 7 R6.5 4.5 3 7 R11.5 4.5 3 7",
  topic: "O3.4 8 1.9 M5.3 8 L14.5 8 M5 6.9 L8 3 L14.5 3 M5 9.1 L8 13 L14.5 13",
  external: "M7 3 L2.5 3 L2.5 13.5 L13 13.5 L13 9 M9.5 2 L14 2 L14 6.5 M14 2 L7.5 8.5",
  network: "O8 8 6.3 M1.7 8 L14.3 8 M8 1.7 C4.4 5 4.4 11 8 14.3 C11.6 11 11.6 5 8 1.7",
  storage: "M2 3.5 L14 3.5 L12.3 13.8 L3.7 13.8 Z M2.8 7.2 L13.2 7.2",
  function: "M3.8 2.5 L6 2.5 L11.8 13.5 M8.2 7 L4 13.5",
  mind: "M8 1.3 C8.5 5.6 10.4 7.5 14.7 8 C10.4 8.5 8.5 10.4 8 14.7 C7.5 10.4 5.6 8.5 1.3 8 C5.6 7.5 7.5 5.6 8 1.3 Z",
  tool: "R2 3 12 10 M4.8 6 L7 8 L4.8 10 M8.5 10.2 L11.5 10.2",
  client: "O8 5 2.9 M2.5 14.2 C2.5 7.8 13.5 7.8 13.5 14.2",
  guard: "M8 1.5 L13.5 3.5 L13.5 8 C13.5 11.4 10.6 13.6 8 14.5 C5.4 13.6 2.5 11.4 2.5 8 L2.5 3.5 Z",
  search: "O7 7 4.8 M10.5 10.5 L14.3 14.3",
  agreement: "O8 3.3 1.9 O3.3 12 1.9 O12.7 12 1.9 M7.1 5 L4.2 10.3 M8.9 5 L11.8 10.3 M5.2 12 L10.8 12",
  other: "R2.5 2.5 11 11 O8 8 1.4",
};

/** @type {[RegExp, string][]} */
const FAMILIES = [
  [/client|mobile|iot|browser|human/, "client"],
  [/balancer|proxy|sidecar/, "balancer"],
  [/dns|cdn|edge_compute/, "network"],
  [/firewall|limiter|shedder|auth|guard|identity/, "guard"],
  [/gateway/, "gateway"],
  [/cache|write_behind/, "cache"],
  [/search|vector|retriever|embed/, "search"],
  [/lock|lease|coordination|consensus|id_generator/, "agreement"],
  [/database|sql|_db|wide_column|time_series|warehouse|feature_store/, "database"],
  [/storage|object_store|bucket/, "storage"],
  [/topic|stream|event_bus|broker|cluster/, "topic"],
  [/queue/, "queue"],
  [/external|provider/, "external"],
  [/mcp|tool/, "tool"],
  [/llm|agent/, "mind"],
  [/serverless|function|lambda/, "function"],
  [/service|server|worker|scheduler|workflow|container|monolith|job|crawler|transcoder|relay|source/, "service"],
];

const known = new Map();

/** The steps of the drawing of a kind: `[letter, ...numbers]`. */
export function glyphOf(kind) {
  if (!known.has(kind)) {
    const [, family] = FAMILIES.find(([pattern]) => pattern.test(kind)) ?? [null, "other"];
    known.set(kind, STROKES[family].split(/ (?=[A-Z])/).map((step) => [step[0], ...step.slice(1).split(" ").map(Number)]));
  }
  return known.get(kind);
}
