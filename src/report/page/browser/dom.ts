/** The element of a type that a selector finds, or an error that names it: the page's own markup has it. */
export function find<T extends Element>(
  root: ParentNode,
  selector: string,
  type: abstract new (...parts: never[]) => T,
): T {
  const element = root.querySelector(selector);
  if (element instanceof type) return element;
  throw new Error(`the page has no ${selector}`);
}

/** What a data block of the page holds; null where the page has none of this name. */
export function readData<T>(id: string): T | null {
  const block = document.getElementById(id);
  return block === null ? null : JSON.parse(block.textContent ?? 'null');
}
