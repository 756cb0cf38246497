// @ts-check
// Making elements. Text of users arrives here as children, and children are only ever text nodes or elements.

/** @typedef {Node | string | number | null | undefined | false} Child */

/**
 * An element: `h("button.icon", {onclick}, "Play")`.
 * @param {string} kind tag and classes
 * @param {Record<string, any>} [has] properties (`onclick`, `value`), attributes (with a dash, or `role`), `style` of custom properties
 * @param {...(Child | Child[])} children
 * @returns {any}
 */
export function h(kind, has = {}, ...children) {
  const [tag, ...classes] = kind.split(".");
  const element = /** @type {any} */ (document.createElement(tag));
  element.className = classes.join(" ").trim();
  for (const [key, value] of Object.entries(has)) {
    if (value === undefined || value === null) continue;
    if (key === "style") for (const [name, v] of Object.entries(value)) element.style.setProperty(name, v);
    else if (key in element && !key.includes("-") && key !== "role") element[key] = value;
    else element.setAttribute(key, String(value));
  }
  element.append(...children.flat().filter((c) => c !== null && c !== undefined && c !== false).map(asNode));
  return element;
}

/** @param {any} child */
const asNode = (child) => (child instanceof Node ? child : document.createTextNode(String(child)));

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** Sets a text only where it changed: numbers are written eight times a second. @param {Element} element @param {string} text */
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/** An icon of the sprite in index.html. @param {string} name */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.append(Object.assign(document.createElementNS("http://www.w3.org/2000/svg", "use")));
  svg.firstElementChild?.setAttribute("href", `#i-${name}`);
  return svg;
}

/** An SVG element. @param {string} tag @param {Record<string, any>} has @param {...Node} children */
export function s(tag, has, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [key, value] of Object.entries(has)) element.setAttribute(key, String(value));
  element.append(...children);
  return element;
}
