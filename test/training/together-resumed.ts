import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { ProcessGroup } from '../../src/parallel/group';
import { recipes } from '../../src/recipes';
import { Trainer } from '../../src/training/trainer';
import { buildModel, filesOf, tinyData } from '../support/training';

/** The hashes of a checkpoint's files: of a run from end to end, and of one that went on in the middle. */
export interface Resumed {
  readonly whole: Readonly<Record<string, string>>;
  readonly part: Readonly<Record<string, string>>;
  /** What each rank has in a pool when it goes on. */
  readonly pools: readonly number[];
}

const STEPS = 6;

/** Trains a `cyclegan` whose pools are small enough to give images back, and once more from half of the way, in a folder that all ranks see. */
export async function resumed(folder: string, group: ProcessGroup): Promise<Resumed> {
  const [whole, part] = [join(folder, 'whole'), join(folder, 'part')];
  await train(whole, group, false);
  if (group.rank === 0) {
    cpSync(whole, part, { recursive: true });
    rmSync(join(part, 'checkpoints', `step-00000${STEPS}`), { recursive: true });
  }
  group.barrier();
  const pools = await train(part, group, true);
  group.barrier();
  const last = (run: string) => {
    const { 'manifest.json': _, ...files } = filesOf(join(run, 'checkpoints', `step-00000${STEPS}`));
    return files;
  };
  return { whole: last(whole), part: last(part), pools };
}

async function train(out: string, group: ProcessGroup, resume: boolean): Promise<number[]> {
  const model = buildModel(recipes.cyclegan, {
    set: { width: '2', blocks: '1', patch: '16', pool: '3' },
    resolution: 16,
  });
  const trainer = new Trainer({ ...model, device: 'cpu', precision: 'fp32', seed: 5, group });
  const loader = tinyData('unpaired').loader({ batch: 4, seed: 3 });
  const options = {
    out,
    resume,
    checkpointEvery: STEPS / 2,
    logEvery: 1,
    sampleEvery: 100,
    page: false,
  } as const;
  let pools: number[] = [];
  for await (const _ of trainer.fit(loader, { ...options, steps: STEPS }))
    pools = Array.from(trainer.networks.poolA.buffers()[0].flatten().toTypedArray(), Number);
  loader.dispose();
  trainer.dispose();
  return pools;
}
