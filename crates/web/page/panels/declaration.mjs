// @ts-check
// Where a text declares what the picture shows.

/** Where something is declared, in UTF-16 offsets: a component, or an edge. @param {string} source @param {string} name */
export function declaration(source, name) {
  const word = (w) => w.replace(/[^\w]/g, "\\$&");
  const [a, b] = name.split("->");
  const found = b
    ? new RegExp(`^[ \\t]*(?:traffic[ \\t]+)?${word(a)}[ \\t]*->[ \\t]*${word(b)}\\b.*$`, "m").exec(source)
    : new RegExp(`^[ \\t]*(?!(?:scenario|system|param|let|phase|endpoint|fault|kind|call|lookup|publish)\\b)[a-z][\\w.]*[ \\t]+${word(a)}(?:[ \\t]+"[^"\\n]*")?[ \\t]*(?:\\{|$)`, "m").exec(source);
  if (!found) return null;
  const from = found.index + (/^\s*/.exec(found[0])?.[0].length ?? 0);
  return { from, to: closing(source, from) };
}

/** End of a declaration: its closing brace, or the end of its line. @param {string} source @param {number} from */
function closing(source, from) {
  const line = source.indexOf("\n", from) < 0 ? source.length : source.indexOf("\n", from);
  const open = source.indexOf("{", from);
  if (open < 0 || open > line) return line;
  for (let i = open, depth = 0; i < source.length; i++) {
    if (source[i] === "{") depth++;
    else if (source[i] === "}" && --depth === 0) return i + 1;
  }
  return line;
}
