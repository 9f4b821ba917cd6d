import { batchNorm2d } from '../../src/nn/batch-norm';
import { dropout } from '../../src/nn/dropout';
import { sequential } from '../../src/nn/sequential';
import { isGradEnabled } from '../../src/tensor/autograd';
import { rand } from '../../src/tensor/create';
import { getRngState } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { evaluating } from '../../src/training/evaluating';
import { testDevice } from '../support/fixtures';

const device = testDevice;

function withNetwork(body: (network: ReturnType<typeof build>) => void): void {
  const network = build();
  network.to({ device });
  try {
    scope(() => body(network));
  } finally {
    network.dispose();
  }
}

const build = () => sequential(sequential(batchNorm2d(1), dropout(0.5)), batchNorm2d(1));

test('all modules rest within, and each is afterwards in the mode it had', () =>
  withNetwork((network) => {
    const modules = network.modules();
    const modes = () => modules.map(({ training }) => training);
    // A part at rest in a network that trains, and one that trains in a part at rest.
    modules[1].eval();
    modules[2].train();
    const before = modes();
    expect(new Set(before).size).toBe(2);
    expect(evaluating([network], { device }, modes)).toEqual(modes().map(() => false));
    expect(modes()).toEqual(before);
    expect(evaluating([network], { device, norms: 'image' }, modes)).toEqual(modes().map(() => true));
    expect(modes()).toEqual(before);
  }));

test('with norms of the image, running statistics stay, and networks are thawed after', () =>
  withNetwork((network) => {
    const input = rand([1, 1, 4, 4], { device });
    const before = network.buffers().map((buffer) => buffer.toArray());
    evaluating([network], { device, norms: 'image' }, () => {
      expect(network.frozen).toBe(true);
      network.forward(input);
    });
    expect(network.buffers().map((buffer) => buffer.toArray())).toEqual(before);
    expect(network.frozen).toBe(false);
  }));

test('no graph is made, and random generators go on where they were, also after an error', () =>
  withNetwork((network) => {
    const states = () => [getRngState(), getRngState(device)];
    const before = states();
    const draw = () => rand([2], { device }).toArray();
    const [first, again] = [0, 1].map(() =>
      evaluating([network], { device, seed: 7 }, () => {
        expect(isGradEnabled()).toBe(false);
        return draw();
      }),
    );
    expect(again).toEqual(first);
    expect(states()).toEqual(before);
    expect(() =>
      evaluating([network], { device, norms: 'image', seed: 7 }, () => {
        draw();
        throw new Error('in the middle');
      }),
    ).toThrow('in the middle');
    expect(states()).toEqual(before);
    expect([network.training, network.frozen, isGradEnabled()]).toEqual([true, false, true]);
  }));
