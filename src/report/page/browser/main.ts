import type { Chart } from '../chart/chart';
import { find, readData } from './dom';
import { offerCopy } from './offer-copy';
import { type Frame, Scrubber } from './scrubber';
import { ChartSection } from './section';

/** Everything in the page that moves; without it the page shows the same, still. */
function start(): void {
  const charts = readData<Chart[]>('charts') ?? [];
  for (const section of document.querySelectorAll('[data-charts]')) new ChartSection(section, charts);
  const frames = readData<Frame[]>('frames');
  if (frames) new Scrubber(find(document, '.scrubber', Element), frames);
  document.querySelectorAll<HTMLButtonElement>('button.copy').forEach(offerCopy);
}

start();
