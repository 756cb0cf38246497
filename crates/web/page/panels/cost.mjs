// @ts-check
// What the system costs a month, by component, from the prices in the text: as it is now, and on average where replicas come and go.
import { h } from "./element.mjs";
import { count, dollars, percent } from "./numbers.mjs";
import { redraw } from "./redraw.mjs";

/** @type {import("./panels.mjs").Panel} */
export function cost(session, host) {
  function list() {
    const priced = (session.meta?.components ?? []).map((_, i) => session.live.component(i)).filter((c) => c.monthly_usd).sort((a, b) => b.monthly_usd - a.monthly_usd);
    if (!priced.length) return host.replaceChildren(h("p.empty", {}, "No component has a price. Give one, such as “cost = $0.10/h”, and what the system costs is added up here."));
    const sum = priced.reduce((all, c) => all + c.monthly_usd, 0);
    const mean = session.report?.cost?.monthly_usd;
    const row = (c) =>
      h("tr", {}, h("th", { scope: "row" }, h("button.link", { onclick: () => session.selectName(c.name) }, c.name)), h("td", {}, c.kind), h("td.num", {}, count(c.serving)), h("td.num", {}, dollars(c.monthly_usd)), h("td.num", {}, percent(c.monthly_usd / sum)));
    redraw(host, [
      h("table", { style: { "max-width": "620px" } },
        h("thead", {}, h("tr", {}, ["Component", "Kind"].map((t) => h("th", { scope: "col" }, t)), ["Replicas", "A month", "Share"].map((t) => h("th.num", { scope: "col" }, t)))),
        h("tbody", {}, priced.map(row), h("tr", {}, h("th", { scope: "row" }, "all"), h("td"), h("td"), h("td.num", {}, h("b", {}, dollars(sum))), h("td")))),
      mean && dollars(mean) !== dollars(sum) ? h("p.small", {}, `On average over this run: ${dollars(mean)} a month.`) : "",
    ]);
  }
  return { shown: list, loaded: list, report: list };
}
