import { nonSaturating } from '../../src/losses/adversarial';
import { leakyRelu, tanh } from '../../src/nn/activation';
import { dropout } from '../../src/nn/dropout';
import { linear } from '../../src/nn/linear';
import { sequential } from '../../src/nn/sequential';
import { flatten, reshape } from '../../src/nn/shape';
import { adam } from '../../src/optim/adam';
import type { Tensor } from '../../src/tensor/tensor';
import { latentSampler } from '../../src/training/latent-sampler';
import { Trainer } from '../../src/training/trainer';
import type { TrainerOptions } from '../../src/training/trainer-options';
import { testDevice } from './fixtures';

const loss = nonSaturating();

/** A generator and a discriminator of a few units, for 16×16 images. */
export function tinyNetworks() {
  return {
    generator: sequential(linear(4, 256), tanh(), reshape([1, 16, 16])),
    discriminator: sequential(flatten(), linear(256, 8), leakyRelu(0.2), dropout(0.3), linear(8, 1)),
  };
}

/** A trainer of them; `change` can spoil the discriminator's loss, `options` are the trainer's. */
export function tinyTrainer(
  change: (loss: Tensor, step: number) => Tensor = (value) => value,
  options: Pick<TrainerOptions<ReturnType<typeof tinyNetworks>>, 'ema'> = {},
) {
  return new Trainer({
    ...options,
    networks: tinyNetworks(),
    latent: { size: 4 },
    makes: { fake: { by: 'generator', from: ({ latents }) => latents } },
    sampler: latentSampler({ by: 'generator', latent: { size: 4 } }),
    device: testDevice,
    precision: 'fp32',
    phases: [
      {
        name: 'D',
        trains: 'discriminator',
        optimizer: adam({ lr: 1e-3 }),
        loss: ({ batch: { images: real }, made: { fake }, networks: { discriminator: D }, index }) =>
          change(loss.discriminator(D.forward(real), D.forward(fake)), index),
      },
      {
        name: 'G',
        trains: 'generator',
        optimizer: adam({ lr: 1e-3 }),
        loss: ({ made: { fake }, networks: { discriminator: D } }) => loss.generator(D.forward(fake)),
      },
    ],
  });
}
