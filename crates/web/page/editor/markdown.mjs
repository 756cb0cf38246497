// @ts-check
// The little Markdown that the compiler writes, as DOM. Text becomes text nodes only, a link its words: nothing in it can act.

/** @param {string} markdown */
export function renderMarkdown(markdown) {
  const root = document.createElement("div");
  root.className = "md";
  const lines = markdown.split("\n");
  let at = 0;
  while (at < lines.length) at = block(root, lines, at);
  return root;
}

/** Renders one block from line `at`; the line after it. @param {HTMLElement} root @param {string[]} lines @param {number} at */
function block(root, lines, at) {
  const line = lines[at];
  if (!line.trim()) return at + 1;
  const rest = lines.slice(at);
  if (line.startsWith("```")) {
    const end = rest.findIndex((other, index) => index > 0 && other.startsWith("```"));
    const code = rest.slice(1, end < 0 ? undefined : end);
    add(add(root, "pre"), "code").textContent = code.join("\n");
    return at + code.length + (end < 0 ? 1 : 2);
  }
  const heading = /^#{1,6} (.*)/.exec(line);
  if (heading) {
    inline(add(add(root, "p"), "strong"), heading[1]);
    return at + 1;
  }
  if (isItem(line)) return list(root, lines, at);
  if (line.startsWith("|")) return table(root, lines, at);
  const end = rest.findIndex((other) => !other.trim() || isItem(other) || /^(```|#|\|)/.test(other));
  const words = end < 0 ? rest : rest.slice(0, end);
  inline(add(root, "p"), words.join(" "));
  return at + words.length;
}

/** @param {string} line */
const isItem = (line) => /^\s*([-*]|\d+\.) /.test(line);

/** @param {HTMLElement} root @param {string[]} lines @param {number} at */
function list(root, lines, at) {
  const ul = add(root, /^\s*\d/.test(lines[at]) ? "ol" : "ul");
  while (at < lines.length && isItem(lines[at])) {
    let text = lines[at].replace(/^\s*([-*]|\d+\.) /, "");
    for (at += 1; at < lines.length && /^\s+\S/.test(lines[at]) && !isItem(lines[at]); at += 1) text += ` ${lines[at].trim()}`;
    inline(add(ul, "li"), text);
  }
  return at;
}

/** @param {HTMLElement} root @param {string[]} lines @param {number} at */
function table(root, lines, at) {
  const body = add(root, "table");
  for (let row = 0; at < lines.length && lines[at].startsWith("|"); at += 1) {
    if (/^[|\s:-]+$/.test(lines[at])) continue;
    const tr = add(body, "tr");
    for (const cell of lines[at].replace(/^\||\|\s*$/g, "").split("|")) inline(add(tr, row ? "td" : "th"), cell.trim());
    row += 1;
  }
  return at;
}

/** `code`, **strong**, *emphasis* and [words](of a link). @param {HTMLElement} parent @param {string} text */
function inline(parent, text) {
  const tags = { "`": "code", "*": "em", "**": "strong" };
  let end = 0;
  for (const match of text.matchAll(/(`)([^`]+)`|(\*\*)(.+?)\*\*|(\*)([^*\s][^*]*)\*|\[([^\]]+)\]\([^)]*\)/g)) {
    parent.append(text.slice(end, match.index));
    const tag = /** @type {"`"|"*"|"**"|undefined} */ (match[1] ?? match[3] ?? match[5]);
    const words = match[2] ?? match[4] ?? match[6] ?? match[7];
    if (tag) add(parent, tags[tag]).textContent = words;
    else parent.append(words);
    end = match.index + match[0].length;
  }
  parent.append(text.slice(end));
}

/** @param {HTMLElement} parent @param {string} tag */
function add(parent, tag) {
  return parent.appendChild(document.createElement(tag));
}
