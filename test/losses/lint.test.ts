import { type Combination, lint, refuseHazards } from '../../src/losses';
import * as nn from '../../src/nn';
import { usage } from '../support/failure';

/** What lint finds in a combination around a small critic. */
function hazards(layers: nn.Module[], rest: Partial<Combination> = {}): string[] {
  const critic = nn.sequential(nn.linear(4, 4), ...layers);
  try {
    return lint({ judges: { critic }, loss: 'hinge', ...rest }).map(({ hazard }) => hazard);
  } finally {
    critic.dispose();
  }
}

describe('lint', () => {
  test('finds nothing in what works', () => {
    expect(hazards([nn.leakyRelu(), nn.linear(4, 1)])).toEqual([]);
    expect(
      hazards([nn.batchNorm1d(4), nn.linear(4, 1)], { loss: 'non-saturating', labelSmoothing: 0.1 }),
    ).toEqual([]);
    expect(hazards([nn.layerNorm(4)], { loss: 'wasserstein', constraints: ['gradient-penalty'] })).toEqual(
      [],
    );
    expect(hazards([nn.linear(4, 1)], { loss: 'wasserstein', constraints: ['clipping'] })).toEqual([]);
    expect(hazards([nn.batchNorm1d(4)], { loss: 'wasserstein', constraints: ['clipping'] })).toEqual([]);
    expect(hazards([nn.linear(4, 1)], { oneBatch: true })).toEqual([]);
  });

  test.each(['gradient-penalty', 'dragan', 'r1', 'r2'] as const)(
    'finds batch norm in a critic with %s',
    (penalty) => {
      expect(hazards([nn.batchNorm1d(4)], { constraints: [penalty] })).toEqual([
        'batch-norm-with-gradient-penalty',
      ]);
    },
  );

  test('finds batch norm where real images and fakes share a batch', () => {
    expect(hazards([nn.batchNorm1d(4)], { oneBatch: true })).toEqual(['batch-norm-in-one-batch']);
  });

  test('finds probabilities where losses take logits, also at the end of an inner network', () => {
    expect(hazards([nn.sigmoid()])).toEqual(['probabilities-for-logits']);
    expect(hazards([nn.sequential(nn.linear(4, 2), nn.softmax(1))])).toEqual(['probabilities-for-logits']);
    expect(hazards([nn.sigmoid(), nn.flatten()])).toEqual(['probabilities-for-logits']);
    expect(hazards([nn.sigmoid(), nn.linear(4, 1)])).toEqual([]);
  });

  test('finds a Wasserstein critic that nothing bounds', () => {
    expect(hazards([], { loss: 'wasserstein' })).toEqual(['unbounded-critic']);
    expect(hazards([nn.spectralNorm(nn.linear(4, 1))], { loss: 'wasserstein' })).toEqual([]);
  });

  test('finds momentum beside clipped weights', () => {
    expect(hazards([], { loss: 'wasserstein', constraints: ['clipping'], momentum: 0.5 })).toEqual([
      'momentum-with-clipping',
    ]);
  });

  test('finds smoothed labels of a loss without targets', () => {
    expect(hazards([], { loss: 'hinge', labelSmoothing: 0.1 })).toEqual(['smoothing-without-targets']);
  });

  test('finds several steps of D with the minimax loss, whose gradient they take from G', () => {
    expect(hazards([], { loss: 'minimax', criticSteps: 5 })).toEqual(['minimax-with-critic-steps']);
    expect(hazards([], { loss: 'minimax' })).toEqual([]);
    expect(hazards([], { loss: 'non-saturating', criticSteps: 5 })).toEqual([]);
  });

  test('refuses a hazard in one line that names it, what to do, and how to allow it', () => {
    const discriminator = nn.sequential(nn.linear(4, 4), nn.batchNorm1d(4));
    const combination: Combination = { judges: { discriminator }, loss: 'hinge', constraints: ['r1'] };
    try {
      expect(() => refuseHazards(combination)).toThrow(
        usage(
          "BatchNorm1d in discriminator with the penalty r1: it makes each image's gradient depend on the others; use layer norm or none, or allow batch-norm-with-gradient-penalty",
        ),
      );
      expect(() => refuseHazards(combination, { allow: ['batch-norm-with-gradient-penalty'] })).not.toThrow();
    } finally {
      discriminator.dispose();
    }
  });
});
