/** What an element is made with: properties by their names in the DOM. */
type Properties<T> = Partial<Omit<T, 'style'>>;

/** A new element with properties and children. */
export function element<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Properties<HTMLElementTagNameMap[K]> = {},
  children: readonly (Node | string)[] = [],
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

/** A slider with its name and its value beside it. */
export function slider(
  label: string,
  { min, max, step, value }: { min: number; max: number; step: number; value: number },
  onInput: (value: number) => void,
): { readonly row: HTMLElement; readonly input: HTMLInputElement; set(value: number): void } {
  const output = element('output', { textContent: shown(value) });
  const input = element('input', { type: 'range', min: String(min), max: String(max), step: String(step) });
  input.value = String(value);
  input.addEventListener('input', () => {
    output.textContent = shown(input.valueAsNumber);
    onInput(input.valueAsNumber);
  });
  return {
    row: element('label', { className: 'slider' }, [element('span', { textContent: label }), input, output]),
    input,
    set(next) {
      input.value = String(next);
      output.textContent = shown(next);
    },
  };
}

/** Runs `work` again after it ended where it was asked for meanwhile: sliders move faster than models. */
export function latest(work: () => Promise<void>, failed: (error: unknown) => void): () => void {
  let running = false;
  let again = false;
  const start = async (): Promise<void> => {
    running = true;
    do {
      again = false;
      await work().catch(failed);
    } while (again);
    running = false;
  };
  return () => {
    if (running) again = true;
    else void start();
  };
}

/** A part of the page. */
export function section(title: string, hint: string, children: readonly Node[]): HTMLElement {
  return element('section', {}, [
    element('h2', { textContent: title }),
    ...(hint === '' ? [] : [element('p', { textContent: hint })]),
    ...children,
  ]);
}

/** One of several numbers, each with what it is called. */
export function choice(
  label: string,
  { options, chosen }: { readonly options: readonly (readonly [number, string])[]; readonly chosen: number },
  choose: (value: number) => void,
): HTMLElement {
  const select = element(
    'select',
    {},
    options.map(([value, textContent]) => element('option', { value: String(value), textContent })),
  );
  select.value = String(chosen);
  select.addEventListener('change', () => choose(Number(select.value)));
  return element('label', {}, [element('span', { textContent: label }), select]);
}

/** A number to type. */
export function numberInput(
  label: string,
  value: number,
  set: (value: number) => void,
): { readonly row: HTMLElement; set(value: number): void } {
  const input = element('input', { type: 'number', min: '0', max: '999999', inputMode: 'numeric' });
  input.value = String(value);
  input.addEventListener('change', () => set(Math.max(0, Math.floor(input.valueAsNumber || 0))));
  return {
    row: element('label', {}, [element('span', { textContent: label }), input]),
    set(next) {
      input.value = String(next);
    },
  };
}

function shown(value: number): string {
  return Number.isInteger(value) ? String(value) : value.toFixed(2);
}
