import { auxiliaryClassification } from '../losses/information';
import { total, weighted } from '../losses/total';
import { DCGAN_SIZES, dcganAccepts, dcganGenerator } from '../models/dcgan';
import { headedDiscriminator } from '../models/headed-dcgan';
import type { Tensor } from '../tensor/tensor';
import { adversarialLoss, lossFields } from './adversarial';
import { augment, augmentation } from './augmentation';
import { requireClasses } from './conditional';
import { integer, number } from './config';
import { emaField, emaOf } from './ema';
import { allow, refuse } from './hazards';
import { adamFields, adamPair } from './rates';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(100, { min: 1, help: 'normal numbers in a latent' }),
  width: integer(32, { min: 1, help: 'channels at half the images’ resolution' }),
  ...lossFields('non-saturating'),
  classWeight: number(1, { min: 0, help: 'weight of the class head’s losses' }),
  ...adamFields(),
  augment,
  emaImages: emaField(5_000),
  allow,
};

/**
 * Odena, Olah and Shlens 2017, "Conditional Image Synthesis with Auxiliary Classifier GANs", with the networks of DCGAN: D has a second
 * end that tells the class, of real images and of fakes, and G is to make images whose class it can tell.
 */
export const acgan: Recipe<typeof fields> = {
  name: 'acgan',
  summary: 'auxiliary classifier GAN: D also tells the class (Odena et al. 2017)',
  fields,
  resolutions: { description: DCGAN_SIZES, accepts: dcganAccepts },
  training: { resolution: 32, batch: 64, steps: 2_000 },
  build(config, images) {
    const { latentSize, width, classWeight, beta1 } = config;
    const classes = requireClasses('acgan', images);
    const generator = dcganGenerator({ images, latentSize: latentSize + classes, width });
    const discriminator = headedDiscriminator({ images, width, outputs: classes });
    const networks = { generator, discriminator };
    const { loss, labelSmoothing } = config;
    refuse({ networks, loss, labelSmoothing, momentum: beta1 }, config);
    const seen = augmentation(config, loss);
    const adversarial = adversarialLoss(loss, config);
    const optimizers = adamPair(config);
    return {
      networks: { ...networks, ...seen.networks },
      latent: { shape: [latentSize, 1, 1], classes },
      conditional: true,
      phases: [
        {
          name: 'D',
          trains: 'discriminator',
          optimizer: optimizers.discriminator,
          loss: ({ real, labels, fake, fakeLabels, log }) => {
            const onReal = discriminator.both(seen.augment(real));
            const onFake = discriminator.both(seen.augment(fake));
            seen.observe(onReal.logits, onFake.logits);
            log('D(real)', onReal.logits.sigmoid().mean());
            log('D(fake)', onFake.logits.sigmoid().mean());
            log('class(real)', accuracy(onReal.outputs, labels));
            return total(
              adversarial.discriminator(onReal.logits, onFake.logits),
              weighted(classWeight, auxiliaryClassification(onReal.outputs, labels)),
              weighted(classWeight, auxiliaryClassification(onFake.outputs, fakeLabels)),
            );
          },
        },
        {
          name: 'G',
          trains: 'generator',
          optimizer: optimizers.generator,
          loss: ({ real, fake, fakeLabels, log }) => {
            const { logits, outputs } = discriminator.both(seen.augment(fake));
            log('class(fake)', accuracy(outputs, fakeLabels));
            return total(
              adversarial.generator(logits, () => discriminator.forward(seen.augment(real))),
              weighted(classWeight, auxiliaryClassification(outputs, fakeLabels)),
            );
          },
        },
      ],
      ema: emaOf(config),
    };
  },
};

/** The share of images whose class is told right. */
function accuracy(logits: Tensor, labels: Tensor): Tensor {
  return logits.argmax(1).eq(labels).float().mean();
}
