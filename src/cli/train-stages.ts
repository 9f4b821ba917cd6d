import { formatCount } from '../report/summary';
import { type Stage, type Stages, stageAt } from '../training/stages';

/** The stages of a training in one line, each with its steps and batch: `4×4 (200 steps of 64), 8×8, fading in (200 of 64), …`. */
export function stagesText({ list }: Stages, { steps, batch }: { steps: number; batch: number }): string {
  const told = ({ name, from, batch: own = batch }: Stage, i: number): string => {
    const end = Math.min(steps, list[i + 1]?.from ?? steps);
    const count = formatCount(Math.max(0, end - from));
    return `${name} (${i === 0 ? `${count} steps of ${own} images` : `${count} of ${own}`})`;
  };
  return list.map(told).join(', ');
}

/** What is to be told of a training that ends before its last stage; null for another. */
export function earlyEnd({ list }: Stages, steps: number): string | null {
  const last = list[list.length - 1];
  if (steps > last.from) return null;
  const { name } = stageAt(list, steps - 1);
  return `the training ends in its stage ${name}: ${last.name} begins after ${formatCount(last.from)} steps, so give --steps a larger number, or the stages before it fewer images`;
}
