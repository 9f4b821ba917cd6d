/** A place of the page that gets markup anew: only where it is another one, and what a reader has unfolded stays so. */
export class Slot {
  readonly element: HTMLElement;
  #text = '';

  constructor(element: HTMLElement) {
    this.element = element;
  }

  /** Whether the markup was another one. */
  set(text: string): boolean {
    if (text === this.#text) return false;
    this.#text = text;
    const open = new Set(
      [...this.element.querySelectorAll('details[open] > summary')].map((one) => one.textContent),
    );
    this.element.innerHTML = text;
    for (const summary of this.element.querySelectorAll('details > summary'))
      if (open.has(summary.textContent) && summary.parentElement instanceof HTMLDetailsElement)
        summary.parentElement.open = true;
    return true;
  }
}

/** A child of a page's part, at its end. */
export function append(parent: Element, className: string): HTMLElement {
  const child = document.createElement('div');
  child.className = className;
  parent.append(child);
  return child;
}
