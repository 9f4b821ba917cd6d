import { sgd } from '../../src/optim/sgd';
import { tensor } from '../../src/tensor/create';
import type { Tensor } from '../../src/tensor/tensor';
import type { Step } from '../../src/training/phase';
import { Trainer } from '../../src/training/trainer';
import { failure, usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyNetworks } from '../support/tiny-trainer';
import { reportsOf, tinyLoader } from '../support/training';

/** What a training says of a loss of phase D. */
async function trainedBy(loss: (step: Step<ReturnType<typeof tinyNetworks>>) => unknown): Promise<unknown> {
  const trainer = new Trainer({
    networks: tinyNetworks(),
    device: testDevice,
    precision: 'fp32',
    phases: [{ name: 'D', trains: 'discriminator', optimizer: sgd({ lr: 0.1 }), loss: loss as never }],
  });
  const loader = tinyLoader();
  try {
    return await reportsOf(trainer.fit(loader, { steps: 1 }));
  } finally {
    loader.dispose();
    trainer.dispose();
  }
}

const meanOf = ({ batch, networks }: Step<ReturnType<typeof tinyNetworks>>): Tensor =>
  networks.discriminator.forward(batch.images).mean();

test.each<[string, Parameters<typeof trainedBy>[0], string]>([
  [
    'returns nothing',
    (step) => void meanOf(step),
    'a tensor of one number but received undefined: return it',
  ],
  ['is a number', (step) => meanOf(step).item(), '(number): return the tensor itself'],
  [
    'is async',
    async (step) => {
      await Promise.resolve();
      return meanOf(step);
    },
    'received a promise: a loss cannot be async',
  ],
  ['is a constant', () => tensor(1), 'to depend on what it trains, discriminator, but received'],
  [
    'is detached',
    (step) => meanOf(step).detach(),
    'a number without a gradient: it is a constant, or was detached',
  ],
])('a loss that %s is told with its phase', async (_, loss, text) => {
  await expect(trainedBy(loss)).rejects.toEqual(failure('ERR_BAD_LOSS', 'phase D expected its loss'));
  await expect(trainedBy(loss)).rejects.toEqual(failure('ERR_BAD_LOSS', text));
});

test('what is logged is a number', async () => {
  const loss = (step: Parameters<typeof meanOf>[0]) => {
    step.log('a', 'b' as never);
    return meanOf(step);
  };
  await expect(trainedBy(loss)).rejects.toEqual(
    usage("step.log expects a number, or a tensor of one, for a but received 'b' (string)"),
  );
});
