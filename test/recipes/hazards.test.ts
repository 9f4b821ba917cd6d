// Combinations that are known to fail are refused by every recipe with a discriminator, at the start, by what it was built of.
import { nonSaturating, wasserstein } from '../../src/losses/adversarial';
import type { Hazard } from '../../src/losses/lint';
import { HAZARDS } from '../../src/losses/lint';
import { sigmoid } from '../../src/nn/activation';
import { batchNorm1d } from '../../src/nn/batch-norm';
import { linear } from '../../src/nn/linear';
import { sequential } from '../../src/nn/sequential';
import { flatten } from '../../src/nn/shape';
import { adam } from '../../src/optim/adam';
import { rmsprop } from '../../src/optim/rmsprop';
import { recipes } from '../../src/recipes';
import { adversarialLoss } from '../../src/recipes/adversarial';
import { type GanOptions, gan } from '../../src/recipes/gan';
import type { Model } from '../../src/training/model';
import { ADVERSARIAL } from '../support/adversarial-recipes';
import { usage } from '../support/failure';
import { buildModel } from '../support/training';

const usual = adam({ lr: 1e-3, betas: [0.5, 0.999] });
const still = rmsprop({ lr: 1e-3 });

function release({ networks }: Pick<Model, 'networks'>): void {
  for (const network of Object.values(networks)) network.dispose();
}

const plain = () => sequential(flatten(), linear(16, 4), linear(4, 1));
const normed = () => sequential(flatten(), linear(16, 4), batchNorm1d(4), linear(4, 1));

/** What makes a GAN hazardous, beside a critic without norms and the non-saturating loss. */
type Part = Partial<Omit<GanOptions, 'networks'>> & { readonly judge?: typeof plain };

const networksOf = ({ judge = plain }: Part) => ({ generator: linear(4, 16), discriminator: judge() });

function build({ judge, ...part }: Part, networks = networksOf({ judge })): Model {
  return gan({
    networks,
    latent: { size: 4 },
    loss: nonSaturating(),
    optimizers: { discriminator: usual, generator: usual },
    ...part,
  });
}

const penalty = (weight: number): GanOptions['penalty'] => ({
  constraint: 'gradient-penalty',
  weight,
  of: ({ batch }, critic) => critic(batch.images).mean(),
});

/** For each hazard: what is refused, in which words, and what is not. */
const CASES: Readonly<Record<Hazard, { bad: Part; says: string; good: Part }>> = {
  'batch-norm-with-gradient-penalty': {
    bad: { judge: normed, penalty: penalty(10) },
    says: 'BatchNorm1d in discriminator with the penalty gradient-penalty',
    good: { judge: normed, penalty: penalty(0) },
  },
  'batch-norm-in-one-batch': {
    bad: { judge: normed, oneBatch: true },
    says: 'BatchNorm1d in discriminator with real images and fakes in one batch',
    good: { judge: normed },
  },
  'probabilities-for-logits': {
    bad: { judge: () => sequential(flatten(), linear(16, 1), sigmoid()) },
    says: 'Sigmoid at the end of discriminator',
    good: {},
  },
  'unbounded-critic': {
    bad: { loss: wasserstein() },
    says: 'a Wasserstein critic with nothing that keeps its slope in bounds',
    good: { loss: wasserstein(), penalty: penalty(10) },
  },
  'momentum-with-clipping': {
    bad: { loss: wasserstein(), clip: 0.01 },
    says: 'clipped weights with an optimizer',
    good: { loss: wasserstein(), clip: 0.01, optimizers: { discriminator: still, generator: usual } },
  },
  'smoothing-without-targets': {
    bad: { loss: adversarialLoss('relativistic', { labelSmoothing: 0.1 }) },
    says: 'label smoothing of 0.1 with the loss relativistic, which has no targets',
    good: { loss: adversarialLoss('minimax', { labelSmoothing: 0.1 }) },
  },
  'minimax-with-critic-steps': {
    bad: { loss: adversarialLoss('minimax'), criticSteps: 2 },
    says: 'the minimax loss with 2 steps of the discriminator for each of the generator',
    good: { loss: adversarialLoss('minimax'), criticSteps: 1 },
  },
};

test.each(HAZARDS)('gan refuses %s, by what it is built of', (hazard) => {
  const { bad, says, good } = CASES[hazard];
  expect(() => build(bad)).toThrow(usage(says));
  expect(() => build(bad)).toThrow(usage(`or allow ${hazard}`));
  release(build(good));
  const others = HAZARDS.filter((each) => each !== hazard).join(',');
  expect(() => build({ ...bad, config: { allow: others } })).toThrow(usage(says));
  release(build({ ...bad, config: { allow: `unbounded-critic,${hazard}` } }));
});

test('gan refuses what phases of one’s own do, by the constraints that they name', () => {
  const own = (constraints: NonNullable<GanOptions['own']>['constraints']) => ({
    constraints,
    phases: () => [],
  });
  expect(() => build({ judge: normed, own: own(['r1']) })).toThrow(
    usage('BatchNorm1d in discriminator with the penalty r1'),
  );
  release(build({ judge: normed, own: own([]) }));
});

test('a refusal releases the networks', () => {
  const networks = networksOf({ judge: normed });
  expect(() => build({ oneBatch: true }, networks)).toThrow(usage('batch-norm-in-one-batch'));
  for (const network of Object.values(networks))
    for (const parameter of network.parameters()) expect(parameter.released).toBe(true);
});

test('every recipe with a discriminator can be told what to allow, but those whose losses are fixed', () => {
  const without = Object.values(recipes).filter(({ fields }) => !('allow' in fields));
  expect(without.map(({ name }) => name)).toEqual([
    ...['vae', 'beta-vae', 'vae-gan'],
    ...['anogan', 'f-anogan', 'ganomaly', 'cut-paste'],
    ...['pix2pix', 'cyclegan'],
    ...['super-resolution', 'denoise', 'inpaint'],
  ]);
});

test.each(ADVERSARIAL.filter(({ recipe }) => 'labelSmoothing' in recipes[recipe].fields))(
  '$name refuses smoothed labels of a loss without targets',
  ({ recipe, set, resolution }) => {
    expect(() =>
      buildModel(recipes[recipe], { set: { ...set, loss: 'hinge', labelSmoothing: '0.1' }, resolution }),
    ).toThrow(usage('label smoothing of 0.1 with the loss hinge, which has no targets'));
  },
);

test.each(['sngan', 'projection'])(
  '%s refuses the minimax loss beside several steps of D, unless it is allowed',
  (recipe) => {
    const small = ADVERSARIAL.find((each) => each.recipe === recipe);
    const built = (more: Record<string, string>) =>
      buildModel(recipes[recipe], {
        set: { ...small?.set, loss: 'minimax', ...more },
        resolution: small?.resolution,
      });
    expect(() => built({ critic: '2' })).toThrow(
      usage('the minimax loss with 2 steps of the discriminator for each of the generator'),
    );
    release(built({ critic: '1' }));
    release(built({ critic: '2', allow: 'minimax-with-critic-steps' }));
  },
);
