// @ts-check
// The colors of sysdl: a tokenizer by line, for CodeMirror's StreamLanguage. Words are keywords only where a statement begins, so what a word is follows from
// where it stands, not from a list of kinds.

const HEADS = new Set(
  ("sysdl import param let kind template fault system scenario traffic phase at every when random inject set mark expect warn call publish work reply fail " +
    "parallel with lookup fill invalidate admit loop try background saga step clear during after ramp fade else undo").split(" "),
);
const INNER = new Set(
  ("as of on in for from to ramp fade stagger then during within after over else undo times each first quorum always eventually never fail and or zone amends " +
    "inject set mark").split(" "),
);
/** After these, the next word names what is being made. */
const NAMES_NEXT = new Set(["param", "let", "kind", "template", "fault", "system", "scenario", "traffic", "phase", "mark", "as"]);

const NUMBER = /^\$?\d+(?:_\d+)*(?:\.\d+)?/;
const UNIT = /^(?:%|[A-Za-zµ]+(?:\/[A-Za-z]+)?|\/[A-Za-z]+)/;
const WORD = /^(?:p\d{1,2}\.\d+(?!\w)|[A-Za-z_]\w*)/;
const OPERATOR = /^(?:->|~>|\.\.|<=|>=|==|!=|\+=|\*=|\|=|[=<>+\-*/|?])/;

/** @typedef {{comment: boolean, unit: boolean, head: boolean, next: ""|"name"|"kind", open: string[], assigned: boolean}} State */

export const sysdl = {
  name: "sysdl",
  languageData: { commentTokens: { line: "//", block: { open: "/*", close: "*/" } }, closeBrackets: { brackets: ["(", "[", "{", '"'] }, indentOnInput: /^\s*[}\])]$/ },
  /** @returns {State} */
  startState: () => ({ comment: false, unit: false, head: true, next: "", open: [], assigned: false }),
  copyState: (/** @type {State} */ state) => ({ ...state, open: state.open.slice() }),
  token,
  blankLine() {},
  indent(/** @type {State} */ state, /** @type {string} */ after, /** @type {{unit: number}} */ { unit }) {
    return Math.max(0, state.open.length - (/^\s*[}\])]/.test(after) ? 1 : 0)) * unit;
  },
};

/** The style of the next token. @param {any} stream @param {State} state @returns {string | null} */
function token(stream, state) {
  if (stream.sol() && !state.comment && state.open.at(-1) !== "(" && state.open.at(-1) !== "[" && !state.assigned) begin(state);
  if (state.comment) {
    state.comment = !stream.match(/^.*?\*\//);
    if (state.comment) stream.skipToEnd();
    return "comment";
  }
  if (state.unit) {
    state.unit = false;
    if (stream.match(UNIT)) return "unit";
  }
  if (stream.eatSpace()) return null;
  if (stream.match("///")) return stream.skipToEnd(), "docComment";
  if (stream.match("//")) return stream.skipToEnd(), "comment";
  if (stream.match("/*")) return (state.comment = true), token(stream, state) ?? "comment";
  if (stream.match(NUMBER)) return (state.unit = true), value(state), "number";
  if (stream.match(/^"(?:\\.|[^"\\])*"?/)) return value(state), "string";
  const word = stream.match(WORD);
  if (word) return styleOfWord(word[0], stream, state);
  const operator = stream.match(OPERATOR);
  if (operator) {
    state.head = false;
    state.assigned = /^[=+*|]/.test(operator[0]) && !/^==/.test(operator[0]);
    return "operator";
  }
  return punctuation(stream.next(), state);
}

/** A statement begins. @param {State} state */
function begin(state) {
  Object.assign(state, { head: true, next: "", assigned: false });
}

/** A value was read. @param {State} state */
function value(state) {
  state.assigned = false;
  if (state.next !== "name") state.next = "";
  state.head = false;
}

/** @param {string} char @param {State} state */
function punctuation(char, state) {
  state.assigned = char === "\\"; // the line goes on
  if ("{([".includes(char)) state.open.push(char);
  if ("})]".includes(char)) state.open.pop();
  const inside = state.open.at(-1) ?? "{";
  if ("{};,".includes(char) && inside === "{") begin(state);
  if (char === ":") state.next = "kind";
  return "{}()[]".includes(char) ? "bracket" : "punctuation";
}

/** @param {string} word @param {any} stream @param {State} state */
function styleOfWord(word, stream, state) {
  const rest = stream.string.slice(stream.pos);
  const { head, next } = state;
  state.head = false;
  state.assigned = false;
  if (head && HEADS.has(word) && !/^\s*(=(?!=)|\.|:|->|~>|\(.*\)\s*=)/.test(rest)) {
    state.next = NAMES_NEXT.has(word) ? "name" : word === "inject" ? "kind" : "";
    return "keyword";
  }
  if (next === "name") {
    if (!rest.startsWith(".")) state.next = "";
    return "definition";
  }
  if (next === "kind") {
    if (!rest.startsWith(".")) state.next = "";
    return "typeName";
  }
  if (head && /^[\w.]*\s+[A-Za-z_]/.test(rest)) {
    stream.match(/^[\w.]*/);
    state.next = "name";
    return "typeName"; // `service orders`: kind, then the name that it gets
  }
  if (/^\s*(=(?!=)|[+*|]=)/.test(rest)) return "propertyName";
  if (head && /^\s*("[^"]*"\s*)?\{/.test(rest)) return "propertyName"; // a section
  if (/^\s*\(/.test(rest)) return "function";
  if (!head && INNER.has(word) && !/^\s*[.:]/.test(rest)) {
    state.next = NAMES_NEXT.has(word) ? "name" : word === "inject" ? "kind" : "";
    return "keyword";
  }
  return "variable";
}
