import { linear } from '../../src/nn/linear';
import { sgd } from '../../src/optim/sgd';
import { tensor } from '../../src/tensor/create';
import { latentSampler } from '../../src/training/latent-sampler';
import { checkModel, type Model } from '../../src/training/model';
import { usage } from '../support/failure';

const phase = (name: string, trains: string | string[]) => ({
  name,
  trains,
  optimizer: sgd({ lr: 0.1 }),
  loss: () => tensor(0),
});

/** Checks a model of small networks of these names, which are released after. */
function check(
  names: readonly string[],
  extra: Partial<Model> = {},
  frozen: readonly string[] = [],
): () => void {
  return () => {
    const networks = Object.fromEntries(names.map((name) => [name, linear(2, 2)]));
    for (const name of frozen) networks[name].freeze();
    try {
      checkModel({ networks, phases: [phase('P', names[0] ?? 'none')], ...extra });
    } finally {
      for (const network of Object.values(networks)) network.dispose();
    }
  };
}

describe('names become those of files', () => {
  test.each(['', '.', '..', '../up', 'a/b', 'a\\b', 'a.b', '1st', '-x', 'a b', 'gén'])(
    'so a network cannot be called %j',
    (name) => {
      expect(check([name])).toThrow(
        usage(
          `the name of a network to be letters, digits, _ and -, beginning with a letter, 100 at most, but received ${JSON.stringify(name)}`,
        ),
      );
    },
  );

  test.each(['', '../D', 'D/G', 'D 1'])('nor a phase %j', (name) => {
    expect(check(['generator'], { phases: [phase(name, 'generator')] })).toThrow(
      usage(
        `the name of a phase to be letters, digits, _ and -, beginning with a letter, 100 at most, but received ${JSON.stringify(name)}`,
      ),
    );
  });

  test('nor a grid, which would leave the folder of the samples', () => {
    expect(check(['generator'], { grids: { '../../up': () => ({ images: tensor(0) }) } })).toThrow(
      usage('the name of a grid to be letters, digits, _ and -'),
    );
  });

  test('and those that differ in capitals alone meet on some disks', () => {
    expect(check(['generator', 'Generator'])).toThrow(
      usage('networks of different names but two are called Generator, capitals aside'),
    );
    const phases = [phase('d', 'generator'), phase('D', 'generator')];
    expect(check(['generator'], { phases })).toThrow(
      usage('phases of different names but two are called D, capitals aside'),
    );
  });

  test('a name longer than files can have', () => {
    expect(check(['a'.repeat(101)])).toThrow(usage('100 at most'));
    expect(check(['a'.repeat(100)])).not.toThrow();
  });

  test.each(['step', 'imagesSeen', 'imagesPerSecond'])(
    'a phase cannot be called %s, which each line of the log has',
    (name) => {
      expect(check(['generator'], { phases: [phase(name, 'generator')] })).toThrow(
        usage(`expected a phase to have a name of its own but one is called ${name}`),
      );
    },
  );

  test('nor a grid samples', () => {
    expect(check(['generator'], { grids: { samples: () => ({ images: tensor(0) }) } })).toThrow(
      usage('expected a grid to have a name of its own but one is called samples'),
    );
  });

  test('letters, digits, _ and - do', () => {
    const names = ['a', 'toB', 'critic-2', 'critic_2'];
    expect(check(names, { phases: [phase('D-1', names), phase('D_1', names)] })).not.toThrow();
  });
});

describe('a network that the model lacks is named, with those it has', () => {
  const says = (what: string) => usage(`${what} expected one of the networks a, b but names critic`);

  test('where it makes something', () => {
    expect(check(['a', 'b'], { makes: { fake: { by: 'critic', from: ({ latents }) => latents } } })).toThrow(
      says('makes.fake'),
    );
  });

  test('where it is averaged', () => {
    expect(check(['a', 'b'], { ema: { critic: { halfLifeImages: 10 } } })).toThrow(says('ema'));
  });

  test('where it is sampled from', () => {
    expect(check(['a', 'b'], { sampler: latentSampler({ by: 'critic', latent: { size: 2 } }) })).toThrow(
      says('sampler'),
    );
  });

  test('where a phase trains it', () => {
    expect(check(['a', 'b'], { phases: [phase('P', ['a', 'critic'])] })).toThrow(
      usage('phase P expected to train some of a, b but names critic'),
    );
  });
});

test('a model without networks, or without phases, is none', () => {
  expect(check([])).toThrow(usage('at least one network'));
  expect(check(['a'], { phases: [] })).toThrow(usage('at least one phase'));
});

test('a phase cannot train a network that is frozen, and says what to do; another network may be', () => {
  expect(check(['a', 'b'], { phases: [phase('P', ['a', 'b'])] }, ['b'])).toThrow(
    usage(
      'phase P expected a network that can be trained but b is frozen: unfreeze() it, or leave it out of the phase',
    ),
  );
  expect(check(['a', 'b'], { phases: [phase('P', 'a')] }, ['b'])).not.toThrow();
});
