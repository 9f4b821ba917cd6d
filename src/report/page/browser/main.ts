import type { Chart } from '../chart/chart';
import { ChartView } from './chart-view';
import { find, readData } from './dom';
import { type Frame, Scrubber } from './scrubber';

/** One section's charts obey its controls. */
function bringToLife(section: Element, charts: readonly Chart[]): void {
  const figures = [...section.querySelectorAll<HTMLElement>('figure[data-chart]')];
  const views = figures.map((figure) => new ChartView(figure, charts[Number(figure.dataset.chart)]));
  const controls = section.querySelector('.controls');
  const smoothing = controls?.querySelector<HTMLInputElement>('input[type=range]');
  const log = controls?.querySelector<HTMLInputElement>('input[type=checkbox]');
  const update = () => {
    if (smoothing)
      find(section, '.controls output', HTMLElement).textContent = smoothing.valueAsNumber.toFixed(2);
    for (const view of views)
      view.set({ smoothing: smoothing?.valueAsNumber ?? 0, log: log?.checked ?? false });
  };
  for (const input of [smoothing, log]) input?.addEventListener('input', update);
  if (controls instanceof HTMLElement) controls.hidden = false;
  update();
}

/** A button that copies the command beside it; only where the browser lets it. */
function offerCopy(button: HTMLButtonElement): void {
  if (!navigator.clipboard) return;
  const code = button.parentElement?.querySelector('code');
  button.hidden = false;
  button.addEventListener('click', async () => {
    await navigator.clipboard.writeText(code?.textContent ?? '').then(
      () => {
        button.textContent = 'Copied';
      },
      () => {
        button.textContent = 'Not allowed';
      },
    );
    setTimeout(() => {
      button.textContent = 'Copy';
    }, 2_000);
  });
}

/** Everything in the page that moves; without it the page shows the same, still. */
function start(): void {
  const charts = readData<Chart[]>('charts') ?? [];
  for (const section of document.querySelectorAll('[data-charts]')) bringToLife(section, charts);
  const frames = readData<Frame[]>('frames');
  if (frames) new Scrubber(find(document, '.scrubber', Element), frames);
  document.querySelectorAll<HTMLButtonElement>('button.copy').forEach(offerCopy);
}

start();
