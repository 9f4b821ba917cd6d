import { join } from 'node:path';
import { readSafetensors } from '../../src/io/safetensors';
import { adam } from '../../src/optim/adam';
import { dcgan } from '../../src/recipes/dcgan';
import { grad, withoutAutocast } from '../../src/tensor/autograd';
import type { Tensor } from '../../src/tensor/tensor';
import { Trainer } from '../../src/training/trainer';
import { testDevice } from '../support/fixtures';
import { buildModel, filesOf, reportsOf, temporaryFolder, tinyLoader } from '../support/training';

const folder = temporaryFolder();
const small = () => buildModel(dcgan, { set: { width: '4', emaImages: '50' } });

test('in bf16 losses are computed in bfloat16, while all that lasts is float32', async () => {
  const { phases, ...model } = small();
  const seen: string[] = [];
  const [D, G] = phases;
  const trainer = new Trainer({
    ...model,
    device: testDevice,
    precision: 'bf16',
    phases: [
      D,
      {
        ...G,
        loss: (step) => {
          seen.push(
            step.batch.images.dtype,
            step.made.fake.dtype,
            step.networks.discriminator.forward(step.batch.images).dtype,
          );
          return G.loss(step);
        },
      },
    ],
  });
  const loader = tinyLoader();
  const out = join(folder.path, 'run');
  await reportsOf(trainer.fit(loader, { steps: 2, out }));
  expect(seen.slice(0, 3)).toEqual(['float32', 'bfloat16', 'bfloat16']);

  const lasting = [
    ...Object.values(trainer.networks).flatMap((network) => [...network.parameters(), ...network.buffers()]),
    ...trainer.averages.generator.module.parameters(),
  ];
  expect(new Set(lasting.map(({ dtype }) => dtype))).toEqual(new Set(['float32', 'int64']));

  const checkpoint = join(out, 'checkpoints', 'step-000002');
  const files = Object.keys(filesOf(checkpoint)).filter((name) => name.endsWith('.safetensors'));
  expect(files).toEqual(
    expect.arrayContaining(
      ['ema/generator', 'networks/generator', 'optimizers/D', 'optimizers/G'].map(
        (name) => `${name}.safetensors`,
      ),
    ),
  );
  for (const name of files.filter((file) => file !== 'state.safetensors')) {
    const { records } = await readSafetensors(join(checkpoint, name));
    const dtypes = Object.values(records).map(({ dtype }) => dtype);
    expect([name, dtypes.filter((dtype) => /^B?F16$/.test(dtype))]).toEqual([name, []]);
    expect(dtypes).toContain('F32');
  }
  loader.dispose();
  trainer.dispose();
});

describe('a gradient penalty', () => {
  /** R1 of Mescheder et al. 2018: E‖∇D(x)‖² on real images. */
  function penalty(critic: (images: Tensor) => Tensor, real: Tensor, seen: string[]): Tensor {
    const images = real.detach().float();
    images.requiresGrad = true;
    const logits = critic(images);
    const [gradient] = grad([logits.sum()], [images], { createGraph: true });
    const result = gradient.square().sum([1, 2, 3]).mean();
    seen.push(logits.dtype, gradient.dtype, result.dtype);
    return result;
  }

  /** The penalty's value, and what one step of it made of the first weight. */
  async function train(precision: 'fp32' | 'bf16', { without }: { without: boolean }) {
    const { networks, latent } = small();
    const seen: string[] = [];
    const trainer = new Trainer({
      networks,
      latent,
      device: testDevice,
      precision,
      phases: [
        {
          name: 'R1',
          trains: 'discriminator',
          optimizer: adam({ lr: 1e-3 }),
          loss: ({ batch: { images: real }, networks: { discriminator: D } }) => {
            const loss = () => penalty((images) => D.forward(images), real, seen);
            return without ? withoutAutocast(real.device, loss) : loss();
          },
        },
      ],
    });
    const loader = tinyLoader();
    const [report] = await reportsOf(trainer.fit(loader, { steps: 1 }));
    const weight = Buffer.from(networks.discriminator.parameters()[0].toBytes()).toString('hex');
    loader.dispose();
    trainer.dispose();
    return { value: report.losses.R1, weight, seen };
  }

  test('outside of autocast is float32 throughout, and moves the weights as in a run of fp32, bit for bit', async () => {
    const { seen, ...found } = await train('bf16', { without: true });
    expect(new Set(seen)).toEqual(new Set(['float32']));
    const { seen: _, ...full } = await train('fp32', { without: false });
    expect(found).toEqual(full);
  });

  test('inside of autocast is not', async () => {
    const { seen, value } = await train('bf16', { without: false });
    expect(seen[0]).toBe('bfloat16');
    expect(value).not.toBe((await train('fp32', { without: false })).value);
  });
});
