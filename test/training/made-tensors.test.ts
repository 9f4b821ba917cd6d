// What networks make for the losses of several phases: with or without its graph, of which batch, and how often.
import { Module } from '../../src/nn/module';
import { parameter } from '../../src/nn/parameter';
import { sgd } from '../../src/optim/sgd';
import { ones } from '../../src/tensor/create';
import type { Tensor } from '../../src/tensor/tensor';
import type { Networks, Phase, Step } from '../../src/training/phase';
import { Trainer } from '../../src/training/trainer';
import type { TrainerOptions } from '../../src/training/trainer-options';
import { failure } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { reportsOf, tinyLoader } from '../support/training';

/** Multiplies by a number, and counts how often. */
class Scale extends Module {
  readonly factor = parameter(ones([1]));
  passes = 0;

  override forward(input: Tensor): Tensor {
    this.passes++;
    return input.mul(this.factor);
  }
}

const networksOf = () => ({ ab: new Scale(), ba: new Scale(), judge: new Scale() });

function phase(name: string, trains: string | string[], loss: Phase['loss'], repeat = 1): Phase {
  return { name, trains, repeat, optimizer: sgd({ lr: 0.01 }), loss };
}

/** Trains a step of these networks. */
async function train(
  phases: readonly Phase[],
  {
    networks = networksOf(),
    labelled = true,
    kind = 'images',
    ...options
  }: Partial<TrainerOptions> & {
    networks?: Networks;
    labelled?: boolean;
    kind?: 'images' | 'pairs';
  } = {},
): Promise<void> {
  const loader = tinyLoader({ labelled, kind });
  const trainer = new Trainer({ networks, phases, device: testDevice, precision: 'fp32', ...options });
  try {
    await reportsOf(trainer.fit(loader, { steps: 1 }));
  } finally {
    trainer.dispose();
    loader.dispose();
  }
}

const makes: TrainerOptions['makes'] = {
  fakeB: { by: 'ab', from: ({ batch }) => batch.images },
  fakeA: { by: 'ba', from: ({ batch }) => batch.images },
  noise: { by: 'ab', from: ({ latents }) => latents },
};
const latent = { size: 4 };

describe('a name that is not known throws, with those there are', () => {
  const lossOf = (read: (step: Step) => Tensor) => [phase('P', 'judge', (step) => read(step).mean())];

  test.each<[string, (step: Step) => Tensor, Parameters<typeof train>[1], Error]>([
    [
      'of what is made',
      ({ made }) => made.fake,
      { makes },
      failure(
        'ERR_NO_MAKE',
        'step.made.fake expected a model that makes it but this one makes fakeB, fakeA, noise',
      ),
    ],
    [
      'of what is made by a model that makes nothing',
      ({ made }) => made.fake,
      {},
      failure('ERR_NO_MAKE', 'but this one makes nothing'),
    ],
    [
      'of the batch',
      ({ batch }) => batch.a,
      {},
      failure(
        'ERR_NO_BATCH',
        'step.batch.a expected a data set that gives it but this one gives images, labels',
      ),
    ],
    [
      'of a batch of pairs',
      ({ batch }) => batch.images,
      { kind: 'pairs' },
      failure('ERR_NO_BATCH', 'step.batch.images expected a data set that gives it but this one gives a, b'),
    ],
    [
      'of labels where there are none',
      ({ batch }) => batch.labels,
      { labelled: false },
      failure('ERR_NO_LABELS', 'step.batch.labels expected a data set with labels but this one has none'),
    ],
    [
      'of the batch that something is made of',
      ({ made }) => made.fake,
      { makes: { fake: { by: 'ab', from: ({ batch }) => batch.b } } },
      failure(
        'ERR_NO_BATCH',
        'step.batch.b expected a data set that gives it but this one gives images, labels',
      ),
    ],
    [
      'of latents that the model lacks',
      ({ made }) => made.noise,
      { makes },
      failure('ERR_NO_LATENT', 'latents expected a model with a `latent` but this one has none'),
    ],
  ])('%s', async (_, read, options, error) => {
    await expect(train(lossOf(read), options)).rejects.toEqual(error);
  });
});

test('of two networks that make something, that which the phase trains makes it with its graph', async () => {
  const seen: Record<string, boolean[]> = {};
  const look =
    (name: string) =>
    ({ made }: Step) => {
      seen[name] = [made.fakeB.requiresGrad, made.fakeA.requiresGrad];
      return made.fakeB.mean().add(made.fakeA.mean());
    };
  const judging: Phase['loss'] = ({ made, networks }) => {
    seen.D = [made.fakeB.requiresGrad, made.fakeA.requiresGrad];
    return networks.judge.forward(made.fakeB.add(made.fakeA)).mean();
  };
  const networks = networksOf();
  const phases = [
    phase('D', 'judge', judging),
    phase('AB', 'ab', look('AB')),
    phase('BA', 'ba', look('BA')),
    phase('both', ['ab', 'ba'], look('both')),
  ];
  await train(phases, { networks, makes });
  expect(seen).toEqual({ D: [false, false], AB: [true, false], BA: [false, true], both: [true, true] });
});

test('what is shared is made once, and made anew after a network that makes something has moved', async () => {
  const networks = networksOf();
  const passes: number[] = [];
  const both = ({ made, networks: { judge } }: Step) => {
    const loss = judge.forward(made.fakeB.add(made.fakeB).add(made.fakeA)).mean();
    passes.push(networks.ab.passes + networks.ba.passes);
    return loss;
  };
  // D and AB share; BA sees what the moved AB makes, and both of them moved are seen by the last.
  await train(
    [phase('D', 'judge', both), phase('AB', 'ab', both), phase('BA', 'ba', both), phase('E', 'judge', both)],
    {
      networks,
      makes,
    },
  );
  expect(passes).toEqual([2, 2, 4, 6]);
});

test('where D repeats, what is made of the batch is made of the batch of the phase that asks', async () => {
  const pairs: [phase: string, equal: boolean, sum: number][] = [];
  const look =
    (name: string) =>
    ({ made, batch, networks: { judge } }: Step) => {
      const { fakeB } = made;
      // Its factor is 1 until it has moved.
      pairs.push([name, fakeB.equal(batch.images), batch.images.sum().item()]);
      return judge.forward(fakeB).mean();
    };
  await train([phase('D', 'judge', look('D'), 3), phase('AB', 'ab', look('AB'))], { makes });
  expect(pairs.map(([name, equal]) => [name, equal])).toEqual([
    ['D', true],
    ['D', true],
    ['D', true],
    ['AB', true],
  ]);
  const sums = pairs.map(([, , sum]) => sum);
  expect(new Set(sums.slice(0, 3)).size).toBe(3);
  // AB sees the step's first batch, though it shares a group with the last run of D.
  expect(sums[3]).toBe(sums[0]);
});

test('what is made of latents alone is shared whatever batch a phase sees', async () => {
  const networks = networksOf();
  const seen: Tensor[] = [];
  const look = ({ made, latents, networks: { judge } }: Step) => {
    expect(made.noise.equal(latents)).toBe(true);
    seen.push(made.noise);
    return judge.forward(made.noise).mean();
  };
  await train([phase('D', 'judge', look, 2), phase('AB', 'ab', look)], { networks, makes, latent });
  expect(networks.ab.passes).toBe(2);
});

test('a network may take several inputs', async () => {
  class Sum extends Scale {
    override forward(a: Tensor, b = a): Tensor {
      return super.forward(a.add(b));
    }
  }
  const networks = { ab: new Sum() };
  const twice: TrainerOptions['makes'] = {
    twice: { by: 'ab', from: ({ batch }) => [batch.images, batch.images] },
  };
  const loss = ({ made, batch }: Step) => {
    expect(made.twice.equal(batch.images.mul(2))).toBe(true);
    return made.twice.mean();
  };
  await train([phase('AB', 'ab', loss)], { networks, makes: twice });
});
