// A training loop of a user's own, with a scope around each step, in a process that does nothing else:
//   node --expose-gc -r ts-node/register test/faults/long-training.ts STEPS
// Prints live tensors and resident bytes, as a line of JSON, before the first step and ten times on the way.
import { losses, memory, nn, optim, randn, scope } from '../../src';

const BATCH = 4;
const HALVE = { kernelSize: 4, stride: 2, padding: 1 };

const generator = nn.sequential(
  nn.convTranspose2d(8, 32, { kernelSize: 4, bias: false }),
  nn.batchNorm2d(32),
  nn.relu(),
  nn.convTranspose2d(32, 1, HALVE),
  nn.tanh(),
);
const discriminator = nn.sequential(
  nn.conv2d(1, 32, HALVE),
  nn.leakyRelu(0.2),
  nn.groupNorm(4, 32),
  nn.dropout(0.2),
  nn.conv2d(32, 1, { kernelSize: 4 }),
);
const optimizers = {
  generator: optim.adam({ lr: 2e-4 })(generator.parameters()),
  discriminator: optim.adam({ lr: 2e-4 })(discriminator.parameters()),
};
const loss = losses.nonSaturating();

/** Both networks once; every eighth time the discriminator with a gradient penalty, which differentiates twice. */
function step(index: number): void {
  scope(() => {
    const real = randn([BATCH, 1, 8, 8]);
    const fake = generator.forward(randn([BATCH, 8, 1, 1]));
    discriminator.zeroGrad();
    const judged = loss.discriminator(discriminator.forward(real), discriminator.forward(fake.detach()));
    (index % 8 === 0 ? judged.add(losses.r1(discriminator, real)) : judged).backward();
    optimizers.discriminator.step();
    generator.zeroGrad();
    loss.generator(discriminator.forward(fake)).backward();
    optimizers.generator.step();
  });
}

function report(): void {
  globalThis.gc?.();
  console.log(JSON.stringify({ tensors: memory().tensors, resident: process.memoryUsage.rss() }));
}

const steps = Number(process.argv[2]);
report();
for (let index = 0; index < steps; index++) {
  step(index);
  if ((index + 1) % (steps / 10) === 0) report();
}
