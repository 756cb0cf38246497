// @ts-check
// Drawing a part anew, without a word to who is in it with the keyboard.

/**
 * Puts other children into a host. A control that had the focus has it again if there is one of its name, or else what is offered instead.
 * @param {HTMLElement} host @param {(Node | string)[]} children @param {() => HTMLElement | null | undefined} [instead]
 */
export function redraw(host, children, instead = () => null) {
  const focused = host.contains(document.activeElement) ? /** @type {any} */ (document.activeElement) : null;
  const name = focused && named(focused);
  host.replaceChildren(...children);
  if (!focused) return;
  const all = /** @type {HTMLElement[]} */ ([...host.querySelectorAll("button, input, select, [tabindex]")]);
  (all.find((control) => named(control) === name) ?? instead())?.focus({ preventScroll: true });
}

/** What a control is called. @param {any} control */
const named = (control) => control.ariaLabel ?? (control.labels?.[0] ?? control).textContent;
