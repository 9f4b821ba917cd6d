import * as nn from '../../src/nn';
import { Ema, type EmaOptions } from '../../src/optim';
import { noGrad } from '../../src/tensor/autograd';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { expectClose } from '../support/close';
import { usage } from '../support/failure';
import { type Case, readCases } from '../support/fixtures';

interface EmaCase {
  readonly updates: number;
  readonly batch: number;
  readonly options: EmaOptions;
  readonly dtype: 'float32' | 'float64';
}

function network(): nn.Sequential {
  return nn.sequential(nn.linear(3, 4), nn.batchNorm1d(4));
}

/** Runs `body` with a network and its average, and releases both. */
function withEma(options: EmaOptions, body: (net: nn.Sequential, ema: Ema<nn.Sequential>) => void): void {
  const net = network();
  const ema = new Ema(net, options);
  try {
    scope(() => body(net, ema));
  } finally {
    ema.dispose();
    net.dispose();
  }
}

describe('Ema', () => {
  test('refuses half-lives and ramps that are none', () => {
    const net = network();
    expect(() => new Ema(net, { halfLifeImages: -1 })).toThrow(
      usage('Ema expects halfLifeImages to be a number of at least 0 but received -1 (number)'),
    );
    expect(() => new Ema(net, { halfLifeImages: 1, rampUp: Number.NaN })).toThrow(
      usage('Ema expects rampUp to be a number of at least 0 but received NaN (number)'),
    );
    expect(() => new Ema(net, { halfLifeImages: 1, start: -1 })).toThrow(
      usage('Ema expects start to be a number of at least 0 but received -1 (number)'),
    );
    net.dispose();
  });

  test.each(
    readCases<EmaCase>('optim/ema').map((one): [string, Case<EmaCase>] => [
      `${one.name} (${one.dtype})`,
      one,
    ]),
  )(
    'averages parameters and copies buffers as PyTorch does by hand: %s',
    (_, { updates, batch, options, dtype, tensors }) =>
      scope(() => {
        const net = network().to({ dtype });
        net.loadStateDict(tensors.group('initial.'));
        const ema = new Ema(net, options);
        try {
          for (let update = 0; update < updates; update++) {
            net.loadStateDict(tensors.group(`${update}.live.`));
            ema.update(batch);
            const expected = tensors.group(`${update}.average.`);
            for (const [name, values] of Object.entries(ema.module.stateDict()))
              expectClose(values, expected[name], { label: `${name} after update ${update}` });
          }
        } finally {
          ema.dispose();
          net.dispose();
        }
      }),
  );

  test('keeps half of a weight after its half-life', () =>
    withEma({ halfLifeImages: 100, rampUp: null }, (_, ema) => {
      expect(ema.decay(100, 0)).toBe(0.5);
      expect(ema.decay(50, 1e9) ** 2).toBeCloseTo(0.5, 12);
    }));

  test('by default forgets faster at the start, and copies at the first update', () =>
    withEma({ halfLifeImages: 1000 }, (net, ema) => {
      expect([ema.decay(10, 0), ema.decay(10, 200), ema.decay(10, 1e6)]).toEqual([0, 0.5, 0.5 ** 0.01]);
      net.loadStateDict(
        Object.fromEntries(Object.entries(net.stateDict()).map(([name, value]) => [name, value.add(1)])),
      );
      ema.update(10);
      const live = net.stateDict();
      for (const [name, values] of Object.entries(ema.module.stateDict()))
        expect(values.equal(live[name])).toBe(true);
    }));

  test('copies the weights until it starts, then averages at once', () =>
    withEma({ halfLifeImages: 10, rampUp: null, start: 2 }, (net, ema) => {
      const [live] = net.parameters();
      const [average] = ema.module.parameters();
      const after = (value: number) => {
        noGrad(() => live.fill_(value));
        ema.update(10);
        return scope(() => average.mean().item());
      };
      expect([1, 2, 4, 5].map(after)).toEqual([1, 2, 3, 4]);
    }));

  test('goes on from its updates and the state of its module', () =>
    withEma({ halfLifeImages: 50, rampUp: 0.5 }, (net, ema) => {
      const shift = (): void => {
        net.loadStateDict(
          Object.fromEntries(Object.entries(net.stateDict()).map(([name, value]) => [name, value.mul(2)])),
        );
      };
      for (let update = 0; update < 3; update++) {
        shift();
        ema.update(8);
      }
      const other = new Ema(net, { halfLifeImages: 50, rampUp: 0.5 });
      other.updates = ema.updates;
      other.images = ema.images;
      other.module.loadStateDict(ema.module.stateDict());
      shift();
      ema.update(8);
      other.update(8);
      const state = ema.module.stateDict();
      for (const [name, values] of Object.entries(other.module.stateDict()))
        expect(values.equal(state[name])).toBe(true);
      other.dispose();
    }));

  test('its half-life and ramp-up are of images, also where batches differ, and of updates where only those are known', () =>
    withEma({ halfLifeImages: 50, rampUp: 0.5 }, (net, ema) => {
      const decays: number[] = [];
      for (const batch of [8, 4, 2]) {
        decays.push(ema.decay(batch, ema.images ?? Number.NaN));
        ema.update(batch);
      }
      expect(ema.images).toBe(14);
      expect(decays).toEqual([0, 0.5 ** (4 / 4), 0.5 ** (2 / 6)]);
      const earlier = new Ema(net, { halfLifeImages: 50, rampUp: 0.5 });
      Object.assign(earlier, { updates: 3, images: undefined });
      earlier.update(8);
      expect(earlier.images).toBe(32);
      earlier.dispose();
    }));

  test('begins anew from the weights as they are', () =>
    withEma({ halfLifeImages: 50, rampUp: 0.5 }, (net, ema) => {
      ema.update(8);
      const shifted = Object.entries(net.stateDict()).map(([name, value]) => [name, value.add(1)]);
      net.loadStateDict(Object.fromEntries(shifted));
      ema.restart();
      expect([ema.updates, ema.images]).toEqual([0, 0]);
      ema.update(4);
      const state = ema.module.stateDict();
      for (const [name, value] of Object.entries(net.stateDict()))
        expect(value.equal(state[name])).toBe(true);
      expect([ema.updates, ema.images]).toEqual([1, 4]);
    }));

  test('leaves its network at rest and untrained, whatever the original does', () =>
    withEma({ halfLifeImages: 1 }, (net, ema) => {
      net.freeze().unfreeze();
      expect(ema.module.parameters().some((held) => held.requiresGrad)).toBe(false);
      expect(ema.module.modules().some((module) => module.training)).toBe(false);
      expect(ema.module.forward(randn([1, 3])).requiresGrad).toBe(false);
      expect(net.training).toBe(true);
    }));
});
