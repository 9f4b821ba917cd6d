// Averaging the gradients of StyleGAN2 (256², both networks) between processes, beside what copying them once in memory takes.
//   mpirun -n 2 --bind-to none npx ts-node benchmarks/all-reduce.ts [resolution] [rounds]      rank 0 prints JSON
import { manualSeed, type nn, recipes, scope, tuneProcess, zerosLike } from '../src';
import { joinGroup } from '../src/parallel/join';
import { parseConfig } from '../src/recipes/config';
import type { Tensor } from '../src/tensor/tensor';

const [resolution, rounds] = [Number(process.argv[2] ?? 256), Number(process.argv[3] ?? 7)];

function gradients(): Tensor[] {
  manualSeed(1);
  const { fields, build } = recipes.stylegan2;
  const image = { images: { channels: 3, height: resolution, width: resolution, classes: 0 } };
  const { networks } = build(parseConfig(fields, {}), image);
  const modules: nn.Module[] = Object.values(networks);
  return modules.flatMap((network) => network.parameters().map((parameter) => zerosLike(parameter)));
}

/** Seconds of the fastest and of the middle round. */
function timed(body: () => void): { best: number; median: number } {
  const times = Array.from({ length: rounds }, () => {
    const start = performance.now();
    body();
    return (performance.now() - start) / 1000;
  }).sort((a, b) => a - b);
  return { best: times[0], median: times[Math.floor(rounds / 2)] };
}

function main(): void {
  // As the command line does.
  tuneProcess();
  const group = joinGroup({ device: 'cpu', timeoutSeconds: 120 });
  const tensors = gradients();
  const bytes =
    4 * tensors.reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
  const source = new Uint8Array(bytes).fill(1);
  const target = new Uint8Array(bytes).fill(2);
  const reduced = timed(() => {
    group.barrier();
    group.allReduce(tensors, 'mean');
  });
  const copied = timed(() => {
    group.barrier();
    target.set(source);
  });
  const rate = (seconds: number): number => Number((bytes / seconds / 1e9).toFixed(3));
  if (group.rank === 0)
    console.log(
      JSON.stringify({
        ranks: group.size,
        tensors: tensors.length,
        megabytes: Math.round(bytes / 1e6),
        allReduce: {
          seconds: reduced,
          gigabytesPerSecond: { best: rate(reduced.best), median: rate(reduced.median) },
        },
        memcpy: {
          seconds: copied,
          gigabytesPerSecond: { best: rate(copied.best), median: rate(copied.median) },
        },
      }),
    );
  group.close();
}

scope(main);
