import type { Module } from '../nn/module';
import { noGrad } from '../tensor/autograd';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { Training } from './training';

/** The networks of a training, and the averages of some. */
type Held = Pick<Training, 'networks' | 'averages' | 'group'>;

/** Gives all members of a group the weights, buffers and averages of the first: what they begin with is one model, whatever was drawn or read. */
export function broadcastModel(training: Held): void {
  const { group } = training;
  if (group.size === 1) return;
  noGrad(() =>
    scope(() => {
      const modules = modulesOf(training);
      group.broadcast([
        ...new Set(modules.flatMap((module) => [...module.parameters(), ...module.buffers()])),
      ]);
    }),
  );
}

/** The end of the names of what normalisations keep of batches. */
const RUNNING = /(^|\.)running_(mean|var)$/;

/**
 * Replaces the running statistics of normalisations by their means over all members. Each follows its own share of the batches between; as
 * the statistics are linear in the batches, when they are averaged changes nothing but their last bits.
 */
export function averageRunningStatistics(training: Held): void {
  const { group } = training;
  if (group.size === 1) return;
  noGrad(() =>
    scope(() => {
      const buffers = modulesOf(training).flatMap((module) => module.namedBuffers());
      const found = new Set<Tensor>();
      for (const [name, buffer] of buffers) if (RUNNING.test(name)) found.add(buffer);
      if (found.size > 0) group.allReduce([...found], 'mean');
    }),
  );
}

function modulesOf({ networks, averages }: Held): Module[] {
  return [...Object.values(networks), ...Object.values(averages).map(({ module }) => module)];
}
