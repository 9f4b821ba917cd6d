// From pictures to a model that others can run, read and run from top to bottom; docs/walk-through.md explains it and shows what it prints.
//
//   npx ts-node examples/walk-through.ts [OUT] [FOLDER]
//
// OUT is where the run and the exports go (runs/walk-through), FOLDER pictures to learn from (discs and rings, drawn here).
import { join } from 'node:path';
import {
  data,
  exportOnnx,
  exportSafetensors,
  exportTorchScript,
  type LoadedModel,
  latentSampler,
  linspace,
  load,
  type Model,
  manualSeed,
  metrics,
  nn,
  noGrad,
  optim,
  rand,
  randn,
  readSafetensors,
  report,
  ScriptModule,
  scope,
  setThreads,
  type Tensor,
  Trainer,
} from '../src';

const [out = join('runs', 'walk-through'), folder] = process.argv.slice(2);
// Networks this small gain nothing from more, which wait for each other where other work goes on.
setThreads(1);

// 1. Data

const SIZE = 16;

/** Discs and rings of many sizes, anywhere: what a data set needs is bytes [N, C, H, W]. */
function drawn(count: number): data.ImageDataset {
  const pixels = scope(() => {
    const [radius, left, top] = [0.15, 0.25, 0.25].map((least) =>
      rand([count, 1, 1])
        .mul(2 * least)
        .add(least),
    );
    const along = linspace({ start: 0, end: 1, steps: SIZE });
    const across = along.reshape([1, 1, SIZE]).sub(left).square();
    const down = along.reshape([1, SIZE, 1]).sub(top).square();
    const outside = across.add(down).sqrt().sub(radius);
    const inside = outside.where(rand([count, 1, 1]).lt(0.5), outside.abs().sub(0.06));
    return inside.mul(-40).sigmoid().mul(255).round().to({ dtype: 'uint8' }).toBytes();
  });
  return new data.ImageDataset({ name: 'discs and rings', channels: 1, height: SIZE, width: SIZE, pixels });
}

async function pictures(): Promise<{ learned: data.ImageDataset; others: data.ImageDataset }> {
  const all = folder ? await data.imageFolder(folder, { resolution: SIZE, channels: 1 }) : drawn(5_000);
  const places = Int32Array.from({ length: all.count }, (_, i) => i);
  const border = Math.floor(0.8 * all.count);
  return {
    learned: data.chosenImages(all, places.subarray(0, border)),
    others: data.chosenImages(all, places.subarray(border)),
  };
}

// 2. Networks

const latent = { size: 16 };

/** Spreads a latent over 4×4 places, and enlarges twice. */
class Painter extends nn.Module {
  readonly spread = nn.linear(latent.size, 64 * 4 * 4);
  readonly early = nn.batchNorm2d(64);
  readonly middle = nn.conv2d(64, 32, { kernelSize: 3, padding: 1 });
  readonly late = nn.batchNorm2d(32);
  readonly last = nn.conv2d(32, 1, { kernelSize: 3, padding: 1 });
  readonly twice = nn.upsample({ scaleFactor: 2 });

  override forward(latents: Tensor): Tensor {
    const small = this.early.forward(this.spread.forward(latents).reshape([-1, 64, 4, 4])).relu();
    const larger = this.late.forward(this.middle.forward(this.twice.forward(small))).relu();
    return this.last.forward(this.twice.forward(larger)).tanh();
  }
}

const critic = () =>
  nn.sequential(
    ...[nn.conv2d(1, 32, { kernelSize: 4, stride: 2, padding: 1 }), nn.leakyRelu(0.2)],
    ...[nn.conv2d(32, 64, { kernelSize: 4, stride: 2, padding: 1 }), nn.leakyRelu(0.2)],
    ...[nn.flatten(), nn.linear(64 * 4 * 4, 1)],
  );

// 3. Losses

/** The squared hinge: how far scores are below 1. */
const short = (scores: Tensor): Tensor => scores.neg().add(1).relu().square().mean();

/** How bright images are, by place: [1, 1, H, W]. */
const brightness = (images: Tensor): Tensor => images.mean(0, { keepdim: true });

function mine(): Model {
  const adam = optim.adam({ lr: 1e-3, betas: [0.5, 0.99] });
  return {
    networks: { painter: new Painter(), critic: critic() },
    latent,
    makes: { fake: { by: 'painter', from: ({ latents }) => latents } },
    phases: [
      {
        name: 'critic',
        trains: 'critic',
        optimizer: adam,
        loss: ({ batch, made, networks }) =>
          short(networks.critic.forward(batch.images)).add(short(networks.critic.forward(made.fake).neg())),
      },
      {
        name: 'painter',
        trains: 'painter',
        optimizer: adam,
        loss: ({ batch, made, networks, log }) => {
          const difference = brightness(made.fake).sub(brightness(batch.images)).square().mean();
          log('brightness', difference);
          return short(networks.critic.forward(made.fake)).add(difference.mul(5));
        },
      },
    ],
    ema: { painter: { halfLifeImages: 2_000 } },
    sampler: latentSampler({ by: 'painter', latent }),
  };
}

// 4. Training

async function train(learned: data.ImageDataset): Promise<void> {
  manualSeed(1);
  const trainer = new Trainer({ ...mine(), seed: 1, precision: 'fp32' });
  const loader = learned.loader({ batch: Math.min(64, learned.count), seed: 1 });
  try {
    const options = { steps: 600, out, logEvery: 200, sampleEvery: 200 };
    for await (const { step, losses, statistics } of trainer.fit(loader, options)) {
      const values = Object.entries({ ...losses, ...statistics }).map(
        ([name, x]) => `${name} ${x.toFixed(3)}`,
      );
      console.log(`step ${step}: ${values.join(', ')}`);
    }
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

// 5. Judging

/** Distances between distributions of images by 64 brightnesses: a feature network is any module that makes vectors. */
async function evaluate(
  learned: data.ImageDataset,
  images: Record<string, metrics.ImageSource>,
): Promise<void> {
  const probe = { channels: 1, height: SIZE, width: SIZE };
  const places = nn.sequential(nn.avgPool2d(2), nn.flatten());
  const extractor = metrics.moduleExtractor(places, { name: 'brightness', channels: 1, probe });
  const real = await metrics.prepareReal(learned, { extractor, cache: null });
  for (const [name, fake] of Object.entries(images)) {
    const { metrics: found, features } = await metrics.evaluate({ real, fake, metrics: ['fid', 'prdc'] });
    console.log(
      `${name}: FID ${found.fid.toFixed(2)}, precision ${found.precision.toFixed(2)}, recall ${found.recall.toFixed(2)}`,
    );
    features.dispose();
  }
  real.dispose();
  extractor.dispose();
}

// 6. For others

async function ship(model: LoadedModel): Promise<void> {
  const { inputs, outputs } = await exportOnnx(model, join(out, 'painter.onnx'));
  for (const { name, shape } of [...inputs, ...outputs])
    console.log(`painter.onnx: ${name} [${shape.join(', ')}]`);
  await exportTorchScript(model, join(out, 'painter.pt'));
  const [{ file }] = await exportSafetensors(model, join(out, 'weights'));

  const script = new ScriptModule(join(out, 'painter.pt'));
  const painter = new Painter().eval();
  painter.loadStateDict(await readSafetensors(join(out, 'weights', file)));
  scope(() => {
    const latents = randn([16, latent.size]);
    const images = model.run({ latents });
    for (const [name, others] of Object.entries({
      'painter.pt': script.run(latents)[''],
      [file]: noGrad(() => painter.forward(latents)),
    }))
      console.log(
        `${name}: images at most ${others.sub(images).abs().max().item().toExponential(0)} from the model’s`,
      );
  });
}

// 7. From top to bottom

async function main(): Promise<void> {
  manualSeed(0);
  const { learned, others } = await pictures();
  console.log(`${learned.count} pictures to learn from, ${others.count} others`);
  await train(learned);

  const model = await load(out, { recipe: { build: mine }, device: 'cpu' });
  const images = model.run({ count: 1_000, seed: 7 });
  const some = images.narrow(0, { start: 0, length: 64 });
  await report.writePng(join(out, 'grid.png'), report.sampleGrid(some));

  await evaluate(learned, {
    noise: metrics.tensorImages(rand(images.shape).mul(2).sub(1)),
    'the model': metrics.tensorImages(images),
    'other pictures': metrics.datasetImages(others),
  });
  await ship(model);
}

main().catch((error: unknown) => {
  console.error(error);
  process.exitCode = 1;
});
