/** @file Finding and making elements. */

/** The element of the page's HTML with this id. */
export function byId<T extends Element = HTMLElement>(id: string): T {
  const found = document.getElementById(id);
  if (found === null) throw new Error(`the page has no element #${id}`);
  return found as unknown as T;
}

type Child = Node | string;

/** A new element with properties and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** A new element of SVG with attributes and, perhaps, text. */
export function svgElement<K extends keyof SVGElementTagNameMap>(
  tag: K,
  attributes: Readonly<Record<string, string | number>>,
  text = '',
): SVGElementTagNameMap[K] {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, String(value));
  if (text !== '') made.textContent = text;
  return made;
}

/** The context of a canvas for pixels. */
export function contextOf(canvas: HTMLCanvasElement, readsOften = false): CanvasRenderingContext2D {
  const context = canvas.getContext('2d', { willReadFrequently: readsOften });
  if (context === null) throw new Error('this browser gives no context to draw into a canvas');
  return context;
}

/**
 * Lets a button be pressed or not. One that may not keeps the focus and its place in the order of keys, which `disabled` would
 * take from it in the middle of a visitor's work; `guardButtons` swallows its clicks.
 */
export function allow(button: HTMLElement, isAllowed: boolean): void {
  button.setAttribute('aria-disabled', String(!isAllowed));
}

/** Clicks on buttons that may not be pressed reach nobody. */
export function guardButtons(): void {
  addEventListener(
    'click',
    (event) => {
      if ((event.target as Element).closest?.('[aria-disabled="true"]') === null) return;
      event.preventDefault();
      event.stopImmediatePropagation();
    },
    { capture: true },
  );
}

/** What the user chose in a control of a form. */
export function chosen(form: HTMLFormElement, name: string): string {
  return (form.elements.namedItem(name) as HTMLInputElement | HTMLSelectElement).value;
}
