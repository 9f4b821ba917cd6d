// What a gradient penalty adds to a critic's step: fakes (without a graph), logits of real images and fakes, penalty, backward
// and Adam, on DCGAN's convolutions without batch norm; with and without the penalty in turn. `plain` is the same with LibTorch's
// operators alone.
//   npx ts-node benchmarks/gradient-penalty.ts [rounds] [device]      prints JSON
import {
  losses,
  manualSeed,
  models,
  nn,
  noGrad,
  optim,
  randn,
  scope,
  setKernels,
  synchronize,
  tuneProcess,
} from '../src';

const BATCH = 64;
const rounds = Number(process.argv[2] ?? 15);
const device = process.argv[3] ?? 'cpu';

/** DCGAN's discriminator without its batch norms. */
function critic(resolution: number): nn.Module {
  const layers = models.dcganDiscriminator({
    images: { channels: 3, height: resolution, width: resolution },
  }).layers;
  return nn.sequential(...layers.filter((layer) => !(layer instanceof nn.BatchNorm2d)));
}

type Make = () => void;

/** A step with this weight of the penalty. */
function stepper(resolution: number, lambda: number): { step: Make; dispose: Make } {
  manualSeed(1);
  const placement = { device, memoryFormat: 'channels_last' } as const;
  const G = models
    .dcganGenerator({ images: { channels: 3, height: resolution, width: resolution } })
    .to(placement);
  const D = critic(resolution).to(placement);
  const optimizer = optim.adam({ lr: 1e-4, betas: [0, 0.9] })(D.parameters());
  const adversarial = losses.wasserstein();
  const real = randn([BATCH, 3, resolution, resolution], { device }).to(placement);
  const step = (): void =>
    scope(() => {
      const fake = noGrad(() => G.forward(randn([BATCH, 100, 1, 1], { device })));
      const loss = losses.total(
        adversarial.discriminator(D.forward(real), D.forward(fake)),
        losses.weighted(lambda, () => losses.gradientPenalty(D, { real, fake })),
      );
      loss.backward();
      optimizer.step();
      optimizer.zeroGrad();
    });
  const dispose = (): void => {
    for (const module of [G, D]) module.dispose();
    optimizer.dispose();
    real.dispose();
  };
  return { step, dispose };
}

function time(step: Make): number {
  const start = performance.now();
  step();
  synchronize(device);
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.floor((sorted.length - 1) / 2)] + sorted[Math.ceil((sorted.length - 1) / 2)]) / 2;
}

function measure(resolution: number, kernels: boolean): Record<string, number | string> {
  setKernels(kernels);
  const [without, with_] = [stepper(resolution, 0), stepper(resolution, 10)];
  for (const { step } of [without, with_]) for (let i = 0; i < 3; i++) step();
  const times = Array.from({ length: rounds }, () => [time(without.step), time(with_.step)]);
  for (const { dispose } of [without, with_]) dispose();
  setKernels(true);
  const added = times.map(([a, b]) => b / a - 1);
  const percent = (share: number): number => Math.round(share * 1000) / 10;
  return {
    resolution,
    kernels: kernels ? 'own' : 'plain',
    withoutMs: Math.round(median(times.map(([a]) => a)) * 10) / 10,
    withMs: Math.round(median(times.map(([, b]) => b)) * 10) / 10,
    addedPercent: percent(median(added)),
    addedPercentLeast: percent(Math.min(...added)),
    addedPercentMost: percent(Math.max(...added)),
  };
}

tuneProcess();
const resolutions = process.argv[4] ? [Number(process.argv[4])] : [32, 64];
const rows = resolutions.flatMap((resolution) =>
  [true, false].map((kernels) => measure(resolution, kernels)),
);
console.log(JSON.stringify({ batch: BATCH, rounds, device, rows }, null, 2));
