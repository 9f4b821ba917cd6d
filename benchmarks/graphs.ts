// CUDA graphs against launching every kernel: losses step by step from equal seeds, and the speed of both. Two runs without
// graphs tell how far the device itself repeats. Between two logs an operator that waits for the device is an error.
//   npx ts-node benchmarks/graphs.ts [device] [steps]      prints JSON; exits with 1 where graphs do not hold
import { data, hostReads, manualSeed, recipes, synchronize, Trainer, tuneProcess } from '../src';
import { native } from '../src/native/addon';
import { parseConfig } from '../src/recipes/config';

type Losses = Readonly<Record<string, number>>;
type Precision = 'fp32' | 'bf16';

interface Run {
  readonly losses: readonly Losses[];
  readonly imagesPerSecond: number;
  /** What the host read in the timed steps: the one report at their end. */
  readonly reads: number;
  readonly graphs: number;
  readonly notes: readonly string[];
}

const device = process.argv[2] ?? 'cuda:0';
const steps = Number(process.argv[3] ?? 50);
const timed = 8 * steps;
const BATCH = 64;

async function train(recipe: string, precision: Precision, graphs: boolean): Promise<Run> {
  const digits = await data.digits({ resolution: 32, count: 4_096 });
  manualSeed(1);
  const { fields, build } = recipes[recipe];
  const model = build(parseConfig(fields, {}), digits.specs);
  const trainer = new Trainer({ ...model, device, precision, graphs, seed: 1 });
  const loader = digits.loader({ batch: BATCH, seed: 1 });
  allowReadsOfLosses(trainer);
  try {
    const losses: Losses[] = [];
    const notes: string[] = [];
    for await (const report of trainer.fit(loader, { steps, logEvery: 1 })) {
      losses.push(report.losses);
      notes.push(...report.notes);
    }
    synchronize(trainer.device);
    const [start, before] = [performance.now(), hostReads()];
    forbidSync(true);
    for await (const _ of trainer.fit(loader, {
      steps: steps + timed,
      logEvery: steps + timed,
      checkLosses: 'log',
    }));
    forbidSync(false);
    const reads = hostReads() - before;
    synchronize(trainer.device);
    const imagesPerSecond = (timed * BATCH) / ((performance.now() - start) / 1000);
    return { losses, imagesPerSecond, reads, graphs: trainer.graphs, notes };
  } finally {
    forbidSync(false);
    loader.dispose();
    trainer.dispose();
  }
}

function forbidSync(forbidden: boolean): void {
  if (device !== 'cpu') native().forbidCudaSync(forbidden);
}

/** The losses of a report are the one thing that may wait. */
function allowReadsOfLosses({ board }: Trainer): void {
  const read = board.read.bind(board);
  board.read = () => {
    forbidSync(false);
    return read();
  };
}

/** The largest relative difference of a loss in any step. */
function difference(a: Run, b: Run): number {
  const each = a.losses.flatMap((losses, i) =>
    Object.entries(losses).map(([name, loss]) => Math.abs(loss - b.losses[i][name]) / Math.abs(loss)),
  );
  return Math.max(...each);
}

async function main(): Promise<void> {
  tuneProcess();
  const rows: Record<string, unknown>[] = [];
  for (const recipe of ['dcgan', 'mlp'])
    for (const precision of ['fp32', 'bf16'] as const) {
      const [eager, again] = [await train(recipe, precision, false), await train(recipe, precision, false)];
      const graphs = await train(recipe, precision, true);
      const [found, repeats] = [difference(eager, graphs), difference(eager, again)];
      const captured = device === 'cpu' || graphs.graphs > 0;
      rows.push({
        recipe,
        precision,
        graphs: graphs.graphs,
        notes: graphs.notes,
        relativeDifference: found,
        relativeDifferenceOfTwoEagerRuns: repeats,
        readsBetweenLogs: graphs.reads - 1,
        imagesPerSecond: { graphs: graphs.imagesPerSecond, eager: again.imagesPerSecond },
        passed: captured && graphs.reads === 1 && found <= Math.max(4 * repeats, 1e-6),
      });
    }
  console.log(JSON.stringify({ device, steps, batch: BATCH, rows }, null, 2));
  if (!rows.every(({ passed }) => passed)) process.exitCode = 1;
}

void main();
