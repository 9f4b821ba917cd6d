import { element } from './dom';
import { imagePage } from './images';
import { latentPage } from './latents';
import { missingInBrowser, openModel } from './model';

/** Milliseconds over which images a second are counted. */
const WINDOW = 2_000;

async function start(): Promise<void> {
  const main = document.querySelector('main');
  const speed = document.querySelector('#speed');
  if (!main || !speed) return;
  const missing = missingInBrowser();
  if (missing !== null) {
    main.replaceChildren(problem(missing));
    return;
  }
  const counted: { readonly images: number; readonly milliseconds: number; readonly at: number }[] = [];
  const told = (images: number, milliseconds: number): void => {
    const now = performance.now();
    counted.push({ images, milliseconds, at: now });
    while (counted.length > 1 && counted[0].at < now - WINDOW) counted.shift();
    const sum = (key: 'images' | 'milliseconds') => counted.reduce((total, each) => total + each[key], 0);
    const rate = (1_000 * sum('images')) / Math.max(1, sum('milliseconds'));
    speed.textContent = `${rate >= 10 ? Math.round(rate) : rate.toFixed(1)} images a second`;
  };
  try {
    const model = await openModel();
    document.title = model.facts.title;
    const [heading, parity] = [document.querySelector('h1'), document.querySelector('#parity')];
    if (heading) heading.textContent = model.facts.title;
    if (parity) parity.textContent = model.facts.parity;
    const page = model.facts.facts.takes === 'latents' ? latentPage : imagePage;
    main.replaceChildren(...page(model, told));
  } catch (error) {
    main.replaceChildren(problem(error instanceof Error ? error.message : String(error)));
  }
}

function problem(text: string): HTMLElement {
  const made = element('p', { className: 'problem', textContent: text });
  made.setAttribute('role', 'alert');
  return made;
}

void start();
