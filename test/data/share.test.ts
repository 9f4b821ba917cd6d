// Shares of batches: what several processes learn of one order.

import { type Batch, shareLoader } from '../../src/data/loader';
import { mapLoader } from '../../src/data/map-loader';
import { shareOf } from '../../src/data/share';
import { UnpairedDataset } from '../../src/data/unpaired-dataset';
import { randn } from '../../src/tensor/create';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import { usage } from '../support/failure';
import { tinyDataset } from '../support/training';

const OPTIONS = { batch: 12, seed: 5, flip: true, crop: 12 };

test('a batch that does not divide is refused with those that do', () => {
  expect(() => shareOf(64, { of: 3 })).toThrow(
    usage(
      'batch expected a multiple of the 3 processes that share it but received 64: choose 63 or 66, or 1, 2, 4, 8, 16, 32 or 64 processes',
    ),
  );
  expect(() => shareOf(1, { of: 2 })).toThrow(usage('choose 2, or 1 processes'));
  expect(shareOf(64, { of: 4 })).toBe(16);
});

test('a loader refuses a share of its batch that is not whole, and another batch beside a share', () => {
  const loader = tinyDataset().loader({ batch: 12 });
  expect(() => loader.share?.({ index: 0, of: 5 })).toThrow(usage('choose 10 or 15'));
  loader.share?.({ index: 1, of: 4 });
  expect(() => loader.resize?.(6)).toThrow(usage('multiple of the 4 processes'));
  expect(loader.batch).toBe(12);
  loader.dispose();
});

test('a loader that cannot share serves one process', () => {
  const { share, ...loader } = { ...tinyDataset().loader({ batch: 12 }) };
  expect(share).toBeUndefined();
  expect(() => shareLoader({ ...loader, name: 'mine' } as never, { index: 0, of: 2 })).toThrow(
    usage('whose batches 2 processes can share, but that of "mine" has no share()'),
  );
});

test.each([true, false])(
  'the shares of a batch are the batch, in every epoch (resident: %s)',
  async (resident) => {
    const loaders = [0, 1, 2].map(() => tinyDataset({ count: 30 }).loader({ ...OPTIONS, resident }));
    const whole = tinyDataset({ count: 30 }).loader({ ...OPTIONS, resident });
    for (const [index, loader] of loaders.entries()) loader.share?.({ index, of: 3 });
    for (let step = 0; step < 5; step++) {
      const expected = await whole.next();
      const parts: Batch[] = [];
      for (const loader of loaders) parts.push(await loader.next());
      scope(() => {
        for (const name of ['images', 'labels']) {
          const joined = cat(parts.map((part) => part[name]));
          expect(joined.toTypedArray()).toEqual(expected[name].toTypedArray());
        }
      });
      for (const batch of [expected, ...parts]) for (const tensor of Object.values(batch)) tensor.dispose();
      for (const loader of loaders) expect(loader.state()).toEqual(whole.state());
    }
    for (const loader of [...loaders, whole]) loader.dispose();
  },
);

test('the loaders of two domains share both', async () => {
  const domains = () => new UnpairedDataset({ name: 'two', a: tinyDataset(), b: tinyDataset({ count: 40 }) });
  const [whole, half] = [domains(), domains()].map((data) => data.loader({ batch: 8, seed: 1 }));
  half.share?.({ index: 1, of: 2 });
  const [all, part] = [await whole.next(), await half.next()];
  scope(() => {
    for (const name of ['a', 'b'])
      expect(part[name].toTypedArray()).toEqual(
        all[name].narrow(0, { start: 4, length: 4 }).clone().toTypedArray(),
      );
  });
  for (const batch of [all, part]) for (const tensor of Object.values(batch)) tensor.dispose();
  for (const loader of [whole, half]) loader.dispose();
});

test('what is drawn for a share is not drawn for another, and the first draws what one process does', async () => {
  const noisy = () =>
    mapLoader(tinyDataset().loader({ batch: 8, seed: 1 }), {
      seed: 2,
      map: ({ images }, generator) => ({ images, noise: randn([4], { generator }) }),
    });
  const loaders = [noisy(), noisy(), noisy()];
  loaders[1].share?.({ index: 0, of: 2 });
  loaders[2].share?.({ index: 1, of: 2 });
  const batches: Batch[] = [];
  for (const loader of loaders) batches.push(await loader.next());
  const [alone, first, second] = batches.map(({ noise }) => Array.from(noise.toTypedArray(), Number));
  expect(first).toEqual(alone);
  expect(second).not.toEqual(alone);
  for (const batch of batches) for (const tensor of Object.values(batch)) tensor.dispose();
  for (const loader of loaders) loader.dispose();
});
