import { linear } from '../../src/nn/linear';
import { isStyleNetwork } from '../../src/nn/style-network';
import { laterHalf, mixingGrid, mixStyles } from '../../src/style/mix';
import { perLayer } from '../../src/style/per-layer';
import { styleStatistics } from '../../src/style/statistics';
import { truncateStyles, truncationWords } from '../../src/style/truncate';
import { randn, tensor } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { withStyleNetwork } from '../support/style-network';

const device = testDevice;
/** Three layers, of a w of two numbers whose mean is (1, -1). */
const sizes = { styleLayers: 3, styleSize: 2 };
const withMean = (body: (network: typeof sizes & { readonly meanStyle: Tensor }) => void) =>
  scope(() => body({ ...sizes, meanStyle: tensor([1, -1], { device }) }));
const values = (of: Tensor) => of.toArray();

describe('refused', () => {
  test('styles of another model', () =>
    withMean((network) => {
      for (const shape of [[2, 3], [2, 4, 2], [2, 3, 3], [2], [0, 2]])
        expect(() => perLayer(network, randn(shape, { device }))).toThrow(
          usage(
            `styles expected [N, 2], or [N, 3, 2] with one for each layer, but received [${shape.join(', ')}]: are they of another model?`,
          ),
        );
    }));

  test('a truncation that is no number, and layers that there are not', () =>
    withMean((network) => {
      const styles = randn([1, 3, 2], { device });
      expect(() => truncateStyles(network, styles, { psi: Number.NaN })).toThrow(usage('psi'));
      for (const layers of [0, 4, 1.5])
        expect(() => truncateStyles(network, styles, { psi: 0.5, layers })).toThrow(
          usage('a whole number from 1 to 3, the layers of this model'),
        );
    }));

  test('a mixing in layers that there are not', () =>
    scope(() => {
      const styles = randn([1, 3, 2], { device });
      for (const [first, last] of [
        [0, 2],
        [3, 2],
        [1, 4],
      ])
        expect(() => mixStyles(styles, styles, { first, last })).toThrow(
          usage(`layers expected a range from 1 to 3 at most but received ${first}-${last}`),
        );
    }));

  test('statistics of one latent', () =>
    withStyleNetwork((network) => {
      expect(() => styleStatistics(network, randn([1, 8], { device }))).toThrow(
        usage('at least two latents'),
      );
    }));
});

test('a network with a w is told from others', () =>
  withStyleNetwork((network) => {
    expect(isStyleNetwork(network)).toBe(true);
    const other = linear(2, 2);
    expect(isStyleNetwork(other)).toBe(false);
    other.dispose();
  }));

test('one w is that of all layers, and what has layers stays', () =>
  withMean((network) => {
    const styles = tensor([[3, 5]], { device });
    expect(values(perLayer(network, styles))).toEqual([
      [
        [3, 5],
        [3, 5],
        [3, 5],
      ],
    ]);
    const each = randn([2, 3, 2], { device });
    expect(values(perLayer(network, each))).toEqual(values(each));
  }));

test('truncation goes from the mean to w, in the first layers where so many are asked for', () =>
  withMean((network) => {
    const styles = perLayer(network, tensor([[3, 5]], { device }));
    expect(values(truncateStyles(network, styles, { psi: 0.5 }))).toEqual([
      [
        [2, 2],
        [2, 2],
        [2, 2],
      ],
    ]);
    expect(values(truncateStyles(network, styles, { psi: 0, layers: 1 }))).toEqual([
      [
        [1, -1],
        [3, 5],
        [3, 5],
      ],
    ]);
    expect(values(truncateStyles(network, styles, { psi: 1 }))).toEqual(values(styles));
    expect(truncationWords(network, { psi: 0.5 })).toBe('ψ 0.5 in w');
    expect(truncationWords(network, { psi: 0.5, layers: 2 })).toBe('ψ 0.5 in w, first 2 of 3 layers');
  }));

test('a mixing has the column’s w in its layers and the row’s in the others, row by row', () =>
  withMean((network) => {
    const rows = perLayer(
      network,
      tensor(
        [
          [10, 11],
          [20, 21],
        ],
        { device },
      ),
    );
    const columns = perLayer(
      network,
      tensor(
        [
          [1, 2],
          [3, 4],
          [5, 6],
        ],
        { device },
      ),
    );
    const mixed = mixStyles(rows, columns, { first: 2, last: 2 });
    expect(mixed.shape).toEqual([6, 3, 2]);
    expect(values(mixed.select(0, 5))).toEqual([
      [20, 21],
      [5, 6],
      [20, 21],
    ]);
    expect(laterHalf({ styleLayers: 3 })).toEqual({ first: 2, last: 3 });
    expect(laterHalf({ styleLayers: 8 })).toEqual({ first: 5, last: 8 });
    const grid = mixingGrid(network, { rows, columns, range: { first: 2, last: 2 } });
    expect(grid.shape).toEqual([12, 3, 2]);
    const firsts = values(grid.select(1, 0).select(1, 0));
    expect(firsts).toEqual([1, 1, 3, 5, 10, 10, 10, 10, 20, 20, 20, 20]);
    const seconds = values(grid.select(1, 1).select(1, 0));
    expect(seconds).toEqual([1, 1, 3, 5, 10, 1, 3, 5, 20, 1, 3, 5]);
  }));

test('statistics are mean, covariance and spread of w, whatever fits into a chunk', () =>
  withStyleNetwork((network) => {
    const latents = randn([2_500, 8], { device });
    const styles = network.map(latents).double();
    const { mean, covariance, spread } = styleStatistics(network, latents);
    const centred = styles.sub(styles.mean(0));
    expect(mean.allclose(styles.mean(0), { rtol: 1e-9, atol: 1e-9 })).toBe(true);
    expect(covariance.allclose(centred.t().mm(centred).div(2_500), { rtol: 1e-9, atol: 1e-9 })).toBe(true);
    expect(spread).toBeCloseTo(Math.sqrt(centred.square().sum(1).mean().item()), 9);
  }));
