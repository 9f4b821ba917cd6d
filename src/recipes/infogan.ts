import { affineViews } from '../data/augment/views';
import { categoricalInformation, gaussianInformation, invariantInformation } from '../losses/information';
import { total, weighted } from '../losses/total';
import { DCGAN_SIZES, dcganAccepts, dcganGenerator } from '../models/dcgan';
import { headedDiscriminator } from '../models/headed-dcgan';
import { adam } from '../optim/adam';
import { cat } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import type { Step } from '../training/phase';
import { adversarialLoss, lossFields, meanVerdict } from './adversarial';
import { augment } from './augmentation';
import { traversals } from './autoencoder';
import { integer, number } from './config';
import { gan } from './gan';
import { allow, emaField } from './gan-fields';
import type { Recipe } from './recipe';

const fields = {
  latentSize: integer(62, { min: 1, help: 'normal numbers in a latent' }),
  categories: integer(10, { min: 2, help: 'values of the categorical code' }),
  codes: integer(2, { min: 0, help: 'continuous codes' }),
  width: integer(32, { min: 1, help: 'channels at half the images’ resolution' }),
  hidden: integer(128, { min: 1, help: 'units of Q behind the trunk it shares with D' }),
  ...lossFields('non-saturating'),
  information: number(1, { resumable: true, min: 0, help: 'λ, weight of the information term' }),
  views: number(1, {
    min: 0,
    max: 2,
    help: 'how far images are turned, slanted, stretched and shifted before Q tells their category; 0: not',
  }),
  agreement: number(1, {
    resumable: true,
    min: 0,
    help: 'weight of what Q’s categories of two views of a real image tell of each other',
  }),
  pairs: integer(4, {
    min: 1,
    help: 'pairs of views of each real image; of few it is seldom seen which categories meet',
  }),
  generatorLr: number(1e-3, { resumable: true, min: 0, help: 'learning rate of G' }),
  discriminatorLr: number(2e-4, { resumable: true, min: 0, help: 'learning rate of D and Q' }),
  beta1: number(0.5, { min: 0, max: 0.999, help: 'Adam’s decay of the gradient’s mean' }),
  augment,
  emaImages: emaField(5_000),
  allow,
};

/**
 * Chen et al. 2016, "InfoGAN: Interpretable Representation Learning by Information Maximizing GANs", with the networks of DCGAN. Q, a
 * second end of D, guesses the codes an image was made with: how well is part of D's and of G's loss. It needs no labels.
 *
 * Two terms are not the paper's. With `views` Q tells the category by a random view of the image, so that a slant or a width cannot carry it; with
 * `agreement` it groups real images into the categories by which two views of each tell most of one another. Without them Q is soon sure (0.10 nats of
 * ln 10 left after 500 steps), of whatever G drew first.
 *
 * MNIST at 32 × 32, batch 64, 2,000 images of the averaged weights: share in the class of their code (`assigned` of `evaluate --metrics purity`).
 * - The defaults, seeds 1 to 5: 0.999, 0.999, 0.942, 0.999, 0.984 (FID 0.8, 0.7, 0.9, 0.7, 0.7); after 3,000 steps 0.948, 0.992, 0.854, 0.938, 0.826.
 * - One pair of views, 3,000 steps, seeds 1, 2, 4 and 5: 0.996, 0.861, 0.553, 0.999. Of 64 pairs it is seldom seen which of 10 × 10 categories meet.
 * - Width 16, 1,500 steps, seeds 1 and 2: neither term 0.47, 0.41; views 0.61, 0.58; and one pair 0.83, 0.69; with fifty more categories beside them 0.81,
 *   0.72; a Q that shares no layer with D, at 1e-3, 0.74, 0.81, and where it hears fakes a tenth as loud 0.56, 0.43.
 */
export const infogan: Recipe<typeof fields> = {
  name: 'infogan',
  summary: 'finds classes and factors without labels, as codes (Chen et al. 2016)',
  fields,
  resolutions: { description: DCGAN_SIZES, accepts: dcganAccepts },
  presets: {
    paper: {
      from: 'Chen et al. 2016',
      otherwise:
        'half the channels, so that two cores finish in minutes, averaged weights, which draw better, and views and agreement, with which more categories become classes',
      set: () => ({
        latentSize: 62,
        categories: 10,
        codes: 2,
        width: 64,
        information: 1,
        views: 0,
        agreement: 0,
        generatorLr: 1e-3,
        discriminatorLr: 2e-4,
        beta1: 0.5,
        emaImages: 0,
      }),
    },
  },
  training: { resolution: 32, batch: 64, steps: 5_000 },
  build(config, { images }) {
    const { latentSize, categories, codes, width, hidden, generatorLr, discriminatorLr } = config;
    const generator = dcganGenerator({ images, latentSize: latentSize + categories + codes, width });
    const discriminator = headedDiscriminator({ images, width, outputs: categories + codes, hidden });
    const betas: [number, number] = [config.beta1, 0.999];
    const optimizers = {
      discriminator: adam({ lr: discriminatorLr, betas }),
      generator: adam({ lr: generatorLr, betas }),
    };

    const categoriesOf = (outputs: Tensor): Tensor => outputs.narrow(1, { start: 0, length: categories });
    /** What Q says of the category of random views of images. */
    const ofViews = (images: Tensor): Tensor => {
      const features = discriminator.features(affineViews(images, config.views));
      return categoriesOf(discriminator.head.forward(features));
    };
    /** ln K − I of Q’s K categories of two views of each image, of as many pairs as are wanted: 0 where all is told, as all of D's loss ends at 0. */
    const agreement = (images: Tensor): Tensor => {
      const [first, second] = ofViews(cat(Array(2 * config.pairs).fill(images))).split(
        config.pairs * images.shape[0],
      );
      return invariantInformation(first, second).add(Math.log(categories));
    };

    /** −E[ln Q(codes | images)]: a softmax over the categories, a Gaussian of variance 1 around each continuous code. */
    const information = (
      images: Tensor,
      outputs: Tensor,
      { latentLabels, latentParts, log }: Step,
    ): Tensor => {
      const categorical = categoricalInformation(
        config.views > 0 ? ofViews(images) : categoriesOf(outputs),
        latentLabels,
      );
      log('Q(category)', categorical);
      if (latentParts.codes === null) return categorical;
      const mean = outputs.narrow(1, { start: categories, length: codes });
      return total(categorical, gaussianInformation(mean, latentParts.codes));
    };

    return gan({
      config,
      networks: { generator, discriminator },
      latent: { shape: [latentSize, 1, 1], classes: categories, codes },
      loss: adversarialLoss(config.loss, config),
      optimizers,
      own: {
        phases: ({ loss: adversarial, augment: seen, observe }) => [
          {
            name: 'D',
            trains: 'discriminator',
            optimizer: optimizers.discriminator,
            loss: (step) => {
              const [real, fake] = [seen(step.batch.images), seen(step.made.fake)];
              const onReal = discriminator.forward(real);
              const onFake = discriminator.both(fake);
              observe(onReal, onFake.logits);
              step.log('D(real)', meanVerdict(adversarial, onReal));
              step.log('D(fake)', meanVerdict(adversarial, onFake.logits));
              return total(
                adversarial.discriminator(onReal, onFake.logits),
                weighted(config.information, information(fake, onFake.outputs, step)),
                weighted(config.agreement, () => agreement(real)),
              );
            },
          },
          {
            name: 'G',
            trains: 'generator',
            optimizer: optimizers.generator,
            loss: (step) => {
              const fake = seen(step.made.fake);
              const { logits, outputs } = discriminator.both(fake);
              return total(
                adversarial.generator(logits, () => discriminator.forward(seen(step.batch.images))),
                weighted(config.information, information(fake, outputs, step)),
              );
            },
          },
        ],
      },
      grids: { codes: traversals },
    });
  },
};
