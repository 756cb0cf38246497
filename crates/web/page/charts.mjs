// @ts-check
// The charts, as the page sees them: they are fetched once there is a run to chart, and then told what was said before.

/**
 * `push` may be called for every frame; `select` shows one component's queue and utilization, or with null those of the busiest.
 * @typedef {{reset(meta: any): void, push(live: any, frame: any): void, select(index: number | null): void, resize(): void, theme(): void,
 *   mark(marks: {phases?: {name: string, start_ns: number, end_ns: number}[], effects?: {label: string, since_ns: number, until_ns?: number}[]}): void}} Charts
 * @param {HTMLElement} host @param {{onSeek?(t_s: number): void, onHover?(t_s: number | null): void}} [options]
 * @returns {Charts}
 */
export function mountCharts(host, options = {}) {
  /** @type {Charts | null} */
  let strip = null;
  let asked = false;
  const said = /** @type {Map<"reset" | "mark" | "select", any>} */ (new Map());
  const fetchStrip = async () => {
    asked = true;
    const { mountStrip } = await import("./charts/strip.mjs");
    strip = mountStrip(host, options);
    for (const name of /** @type {const} */ (["reset", "mark", "select"])) if (said.has(name)) strip[name](said.get(name));
  };
  /** @param {"reset" | "mark" | "select"} name */
  const keep = (name) => (/** @type {any} */ what) => {
    said.set(name, what);
    strip?.[name](what);
  };
  return {
    reset: keep("reset"),
    mark: keep("mark"),
    select: keep("select"),
    push(live, frame) {
      strip?.push(live, frame);
      if (!asked) fetchStrip().catch((error) => console.warn("there are no charts:", error));
    },
    resize: () => strip?.resize(),
    theme: () => strip?.theme(),
  };
}
