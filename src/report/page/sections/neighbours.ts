import { formatReading } from '../chart/scale';
import { type Html, html } from '../html';
import type { Neighbours, RunData } from '../read-run';
import { imageOf } from './picture';

/** A sample nearer to a real image than this share of what is usual among real images may be a copy. */
const SUSPICIOUS = 1 / 3;

const WIDTH = 520;

/** Samples beside the real images nearest to them, and whether that looks like memory. */
export function neighboursSection({
  neighbours,
  pictures,
}: Pick<RunData, 'neighbours' | 'pictures'>): Html | undefined {
  const picture = pictures.neighbours;
  if (!neighbours && !picture) return undefined;
  const distances = neighbours?.samples.map(
    ({ distance }) => html`<li>${distance.length > 0 ? formatReading(distance[0]) : '–'}</li>`,
  );
  const shown = picture
    ? html`<figure class="neighbours"><div>
${imageOf(picture, { alt: 'Rows of a sample and the real images nearest to it', width: WIDTH })}
${distances ? html`<ol aria-label="Distance of every sample to its nearest real image">${distances}</ol>` : ''}</div>
<figcaption>A sample, then the real images nearest to it${neighbours ? '; at the right the distance to the first of them' : ''}</figcaption></figure>`
    : '';
  return html`<section aria-labelledby="neighbours">
<h2 id="neighbours">Nearest real images</h2>
${neighbours ? html`<p>${memorySentence(neighbours)}</p>` : ''}
${shown}
</section>
`;
}

/** Whether samples look like copies of real images: by how far they are from them, compared with real images among themselves. */
export function memorySentence({ samples, realMedian }: Neighbours): string {
  const nearest = samples.flatMap(({ distance }) => distance.slice(0, 1)).sort((a, b) => a - b);
  const usual = formatReading(realMedian);
  const facts = `In the median a sample is ${formatReading(median(nearest))} from its nearest real image, and a real image ${usual} from its nearest other one.`;
  const near = nearest.filter((distance) => distance < SUSPICIOUS * realMedian).length;
  if (near === 0)
    return `${facts} None of ${nearest.length} samples is nearer than a third of that: no sign of memorised images.`;
  return `${facts} Of ${nearest.length} samples ${near} ${near === 1 ? 'is' : 'are'} nearer than a third of that: look for memorised images.`;
}

/** Of sorted values. */
function median(values: readonly number[]): number {
  const middle = values.length / 2;
  return (values[Math.ceil(middle) - 1] + values[Math.floor(middle)]) / 2;
}
