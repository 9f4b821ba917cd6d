import { native } from '../../src/native/addon';
import * as nn from '../../src/nn';
import { releasingIntermediates } from '../../src/nn/intermediates';
import { randn } from '../../src/tensor/create';
import { keep, scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';

/** Passes its input on, or something else, and counts the tensors that are alive then. */
class Probe extends nn.Module {
  readonly counts: number[] = [];

  constructor(readonly instead?: () => Tensor) {
    super();
  }

  override forward(input: Tensor): Tensor {
    this.counts.push(native().liveTensors()[0]);
    return this.instead?.() ?? input;
  }
}

test('a sequence makes the same, with the map of one layer alive at a time', () => {
  const probes = [new Probe(), new Probe(), new Probe()];
  const [first, second, third] = probes;
  const network = nn.sequential(
    nn.linear(4, 4),
    first,
    nn.sequential(nn.relu(), nn.linear(4, 4), second, nn.tanh()),
    nn.linear(4, 4),
    third,
  );
  scope(() => {
    const input = randn([2, 4]);
    const before = network.forward(input);
    const made = releasingIntermediates(() => network.forward(input));
    expect(made.equal(before)).toBe(true);
    expect(input.released).toBe(false);
    const [plain, releasing] = [0, 1].map((run) => probes.map(({ counts }) => counts[run]));
    expect(plain.map((count) => count - plain[0])).toEqual([0, 2, 4]);
    // Within the inner sequence its input is still the outer one's.
    expect(releasing.map((count) => count - releasing[0])).toEqual([0, 1, 0]);
  });
  network.dispose();
});

test('what a layer keeps is not released, nor what it was given', () => {
  const kept = keep(randn([2, 4]));
  const constant = nn.sequential(new Probe(() => kept), nn.relu(), nn.identity());
  scope(() => {
    const input = randn([2, 4]);
    releasingIntermediates(() => constant.forward(input));
    expect([input.released, kept.released]).toEqual([false, false]);
  });
  kept.dispose();
});

test('what a `forward` put on a layer has kept is not released, whichever of two layers it is on', () => {
  for (const place of [0, 1]) {
    const network = nn.sequential(nn.linear(4, 4), nn.leakyRelu(0.2));
    const layer = network.layers[place];
    const own = layer.forward;
    let seen: Tensor | undefined;
    layer.forward = (input: Tensor) => {
      const output = own.call(layer, input);
      seen = place === 0 ? output : input;
      return output;
    };
    scope(() => {
      network
        .forward(randn([2, 4]))
        .sum()
        .backward();
      expect(seen?.mean().item()).toEqual(expect.any(Number));
    });
    network.dispose();
  }
});

test('an error ends it, and outside of it all stays until the scope closes', () => {
  const seen: Tensor[] = [];
  const tap = new Probe();
  const network = nn.sequential(nn.relu(), tap, nn.tanh());
  const forward = tap.forward;
  tap.forward = (input) => {
    seen.push(input);
    return forward(input);
  };
  expect(() =>
    releasingIntermediates(() => {
      throw new Error('stop');
    }),
  ).toThrow('stop');
  scope(() => {
    network.forward(randn([2, 4]));
    expect(seen[0].released).toBe(false);
  });
});
