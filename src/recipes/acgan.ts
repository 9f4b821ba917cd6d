import { auxiliaryClassification } from '../losses/information';
import { total, weighted } from '../losses/total';
import { DCGAN_SIZES, dcganAccepts, dcganGenerator } from '../models/dcgan';
import { headedDiscriminator } from '../models/headed-dcgan';
import type { Tensor } from '../tensor/tensor';
import { adversarialLoss, lossFields, meanVerdict } from './adversarial';
import { augment } from './augmentation';
import { requireClasses } from './conditional';
import { integer, number } from './config';
import { gan } from './gan';
import { allow, emaField } from './gan-fields';
import { adamFields, adamPair, DCGAN_RATE } from './rates';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(100, { min: 1, help: 'normal numbers in a latent' }),
  width: integer(32, { min: 1, help: 'channels at half the images’ resolution' }),
  ...lossFields('non-saturating'),
  classWeight: number(1, { resumable: true, min: 0, help: 'weight of the class head’s losses' }),
  ...adamFields(DCGAN_RATE),
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
  build(config, { images }) {
    const { latentSize, width, classWeight } = config;
    const classes = requireClasses('acgan', images);
    const generator = dcganGenerator({ images, latentSize: latentSize + classes, width });
    const discriminator = headedDiscriminator({ images, width, outputs: classes });
    const optimizers = adamPair(config);
    return gan({
      config,
      networks: { generator, discriminator },
      latent: { shape: [latentSize, 1, 1], classes, conditional: true },
      loss: adversarialLoss(config.loss, config),
      optimizers,
      own: {
        phases: ({ loss: adversarial, augment: seen, observe }) => [
          {
            name: 'D',
            trains: 'discriminator',
            optimizer: optimizers.discriminator,
            loss: ({ batch, made, latentLabels, log }) => {
              const onReal = discriminator.both(seen(batch.images));
              const onFake = discriminator.both(seen(made.fake));
              observe(onReal.logits, onFake.logits);
              log('D(real)', meanVerdict(adversarial, onReal.logits));
              log('D(fake)', meanVerdict(adversarial, onFake.logits));
              log('accuracy/real', accuracy(onReal.outputs, batch.labels));
              return total(
                adversarial.discriminator(onReal.logits, onFake.logits),
                weighted(classWeight, auxiliaryClassification(onReal.outputs, batch.labels)),
                weighted(classWeight, auxiliaryClassification(onFake.outputs, latentLabels)),
              );
            },
          },
          {
            name: 'G',
            trains: 'generator',
            optimizer: optimizers.generator,
            loss: ({ batch, made, latentLabels, log }) => {
              const { logits, outputs } = discriminator.both(seen(made.fake));
              log('accuracy/fake', accuracy(outputs, latentLabels));
              return total(
                adversarial.generator(logits, () => discriminator.forward(seen(batch.images))),
                weighted(classWeight, auxiliaryClassification(outputs, latentLabels)),
              );
            },
          },
        ],
      },
    });
  },
};

/** The share of images whose class is told right. */
function accuracy(logits: Tensor, labels: Tensor): Tensor {
  return logits.argmax(1).eq(labels).float().mean();
}
