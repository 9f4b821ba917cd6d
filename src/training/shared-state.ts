import type { Module } from '../nn/module';
import { noGrad } from '../tensor/autograd';
import { scope } from '../tensor/scope';
import type { Tensor } from '../tensor/tensor';
import type { Networks } from './phase';
import type { Training } from './training';

/** The networks of a training, and the averages of some. */
type Held = Pick<Training, 'networks' | 'averages' | 'group'>;

/**
 * Gives all members of a group the weights, buffers and averages of the first, but for buffers that each has of its own: what they begin with is
 * one model, whatever was drawn or read.
 */
export function broadcastModel(training: Held): void {
  const { group } = training;
  if (group.size === 1) return;
  noGrad(() =>
    scope(() => {
      const modules = modulesOf(training);
      const own = new Set(
        modules.flatMap((module) => module.namedProcessBuffers().map(([, buffer]) => buffer)),
      );
      const all = new Set(modules.flatMap((module) => [...module.parameters(), ...module.buffers()]));
      group.broadcast([...all].filter((tensor) => !own.has(tensor)));
    }),
  );
}

/** The end of the names of what normalisations keep of batches. */
const RUNNING = /(^|\.)running_(mean|var)$/;

/** The running statistics of normalisations: each process moves them by its own share of a batch. */
export function runningStatistics(networks: Networks): Tensor[] {
  const buffers = Object.values(networks).flatMap((network) => network.namedBuffers());
  return [...new Set(buffers.filter(([name]) => RUNNING.test(name)).map(([, buffer]) => buffer))];
}

function modulesOf({ networks, averages }: Held): Module[] {
  return [...Object.values(networks), ...Object.values(averages).map(({ module }) => module)];
}
