// @ts-check
// What happened, in words; and what of it is news.

/** A queue that has drained within so much simulated time was one of a moment. */
const LASTS_NS = 1e9;

/**
 * Without queues of a moment: as many waited as there are servers, and a second later nobody did. Of one that is not yet a second old nothing is known.
 * @param {any[]} records @param {number} now_ns
 */
export function lasting(records, now_ns) {
  const [long, brief] = [new Map(), new Set()];
  for (const r of records) {
    const queue = `${r.entity} ${r.key}`;
    if (r.kind === "overloaded") long.set(queue, r);
    else if (r.kind === "queue_full") long.delete(queue); // somebody was turned away
    else if (r.kind === "queue_drained" && long.has(queue)) {
      if (r.at_ns - long.get(queue).at_ns < LASTS_NS) brief.add(long.get(queue)).add(r);
      long.delete(queue);
    }
  }
  for (const r of long.values()) if (now_ns - r.at_ns < LASTS_NS) brief.add(r);
  return records.filter((r) => !brief.has(r));
}

const COMPONENT = {
  queue_full: "is full", queue_drained: "has drained", overloaded: "is overloaded", rebalance: "assigns its partitions anew", rebalanced: "has assigned its partitions",
  led_anew: "has partitions with another leader", leader_lost: "has no leader", elected: "has a leader", candidate: "asks for votes", not_elected: "elects nobody", election_timeout: "hears nothing of a leader",
};

/** What a record says. @param {any} r @param {any} meta */
export function told(r, meta) {
  const [component, edge, effect] = [meta.components, meta.edges, meta.effects].map((rows) => rows[r.entity]);
  const [from, to] = edge?.name.split("->") ?? [];
  switch (r.kind) {
    case "effect_on": return `${effect?.label ?? "a fault"} begins`;
    case "effect_off": return `${effect?.label ?? "a fault"} is over`;
    case "breaker_open": return `the breaker of ${from} → ${to} opens`;
    case "breaker_closed": return `the breaker of ${from} → ${to} closes`;
    case "peer_out": return `${from} stops sending to ${to}[${r.a}]`;
    case "peer_back": return `${from} has nothing against ${to}[${r.a}] any more`;
    case "scaled": return `${component?.name} scales from ${r.a} to ${r.b}`;
    default: return `${component?.name} ${COMPONENT[r.kind] ?? r.kind.replaceAll("_", " ")}`;
  }
}
