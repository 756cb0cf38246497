// @ts-check
// What is around the picture: panels, inspector, links, keys. Fetched once the picture runs.
import { mountActions } from "./actions.mjs";
import { mountKeys } from "./keyboard.mjs";
import { byId } from "./panels/element.mjs";
import { mountInspector } from "./panels/inspector.mjs";
import { mountPanels } from "./panels/panels.mjs";
import { mountSaid } from "./said.mjs";

/** What the keys of the editor do, for the page's help. */
const EDITOR_KEYS = [
  ["Ctrl-Space", "complete"], ["F2", "rename"], ["F12 or Ctrl-click", "go to the definition"], ["Shift-Alt-F", "format"],
  ["Alt-drag, Alt-↑, Alt-↓", "change the number under the pointer or the cursor"], ["F8", "next problem"], ["Ctrl-F", "search"],
  ["Esc, then Tab", "leave the editor (Tab alone leaves it too, unless a list of completions is open)"],
];

/** @param {import("./session.mjs").Session} session @param {any} page */
export function mountAround(session, page) {
  const panels = mountPanels(session, page);
  mountInspector(session, page);
  mountSaid(session, page);
  const actions = mountActions(session, page);
  session.on("inputs", (input) => input || page.picture.marks.clear()); // what is undone has never struck

  const jump = (way, event) => session.seek(session.now_ns + (way * (event.shiftKey ? 10 : 1) * session.duration_ns) / 100);
  const kill = async () => {
    if (session.selected?.kind === "component") await session.inject(`inject crash on ${session.selected.name} for 10s`);
    else page.say("Select a component first.");
  };
  mountKeys([
    [[" "], "Space", "play or pause", () => (session.playing ? session.pause() : session.play())],
    [[".", ","], ".", "one event", () => session.step()],
    [["ArrowLeft"], "←", "back, ten times as far with Shift", (e) => jump(-1, e)],
    [["ArrowRight"], "→", "forward, ten times as far with Shift", (e) => jump(1, e)],
    [["0"], "0", "to the begin", () => session.seek(0)],
    [["+", "="], "+", "faster", () => page.faster(1)],
    [["-"], "-", "slower", () => page.faster(-1)],
    [["k"], "k", "kill what is selected, for ten seconds", kill],
    [["g"], "g", "to the picture: arrows move, Enter selects", () => byId("picture").querySelector('[role="option"][tabindex="0"]')?.focus()],
    [["e"], "e", "to the text, or hide it", page.acts.write],
    [["f"], "f", "fit the picture", () => page.picture.fit()],
    [["o"], "o", "open a blueprint", () => byId("open-gallery").click()],
    [["c"], "c", "copy a link", () => actions.copyLink()],
    [["t"], "t", "light or dark", page.acts.theme],
    [["m"], "m", "motion: full, slow, off", page.acts.motion],
    [["Escape"], "Esc", "let go of what is selected", () => session.select(null)],
    [["?"], "?", "this table", () => {}],
  ], EDITOR_KEYS);
  return panels;
}
