// What a part adds to a discriminator's step: `npx ts-node benchmarks/parts.ts [rounds]`. With and without it in turn, in one process.
import { hinge } from '../src/losses/adversarial';
import { resnetDiscriminator } from '../src/models/resnet-gan';
import { adam } from '../src/optim/adam';
import { randn } from '../src/tensor/create';
import { manualSeed } from '../src/tensor/random';
import { scope } from '../src/tensor/scope';

const BATCH = 64;
const loss = hinge();

/** A ResNet discriminator of width 64 for 32×32, and what its step does: real images and fakes, backward, Adam. */
function subject(spectralNorm: boolean): () => void {
  const network = resnetDiscriminator({
    images: { channels: 3, height: 32, width: 32 },
    width: 64,
    spectralNorm,
  }).to({ memoryFormat: 'channels_last' });
  const optimizer = adam({ lr: 2e-4, betas: [0, 0.9] })(network.parameters());
  const [real, fake] = [0, 1].map(() => randn([BATCH, 3, 32, 32]).contiguous('channels_last'));
  return () =>
    scope(() => {
      loss.discriminator(network.forward(real), network.forward(fake)).backward();
      optimizer.step();
      optimizer.zeroGrad();
    });
}

function milliseconds(step: () => void): number {
  const start = performance.now();
  step();
  return performance.now() - start;
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];
}

manualSeed(0);
const rounds = Number(process.argv[2] ?? 15);
const [plain, normalised] = [false, true].map(subject);
for (const step of [plain, normalised]) step();
const times = Array.from({ length: rounds }, () => [milliseconds(plain), milliseconds(normalised)]);
const [without, withNorm] = [0, 1].map((side) => median(times.map((round) => round[side])));
const ratio = median(times.map(([a, b]) => b / a));
process.stdout.write(
  `discriminator step without spectral norm ${without.toFixed(0)} ms, with ${withNorm.toFixed(0)} ms: ` +
    `${((ratio - 1) * 100).toFixed(1)} % more (median of ${rounds} pairs)\n`,
);
