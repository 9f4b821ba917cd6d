import { CONTINUATION_REACH, continued } from '../../src/models/continuation';
import { autocast } from '../../src/tensor/autograd';
import { ones, rand, zeros } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import { cat } from '../../src/tensor/shapes';
import { expectClose } from '../support/close';
import { testDevice } from '../support/fixtures';

const device = testDevice;

/** A mask [1, 1, height, width] whose columns from `from` to `to` are a hole. */
function columns(height: number, width: number, [from, to]: readonly [number, number]) {
  const mask = zeros([1, 1, height, width], { device });
  mask.narrow(3, { start: from, length: to - from }).fill_(1);
  return mask;
}

test('all hole, and what is out of reach of all that is known, is 0', () => {
  scope(() => {
    const nothing = zeros([1, 2, 4, 4], { device });
    expectClose(continued(nothing, ones([1, 1, 4, 4], { device })), nothing);
    const width = CONTINUATION_REACH + 10;
    const mask = columns(1, width, [1, width]);
    const known = mask.neg().add(1).mul(0.5);
    const row = Array.from(continued(known, mask).toTypedArray(), Number);
    for (const [place, value] of row.entries())
      expect(value).toBeCloseTo(place <= CONTINUATION_REACH ? 0.5 : 0, 5);
  });
});

test('one colour goes on as it is, and no hole ends with an edge', () => {
  manualSeed(3);
  scope(() => {
    const mask = columns(8, 24, [6, 18]);
    const plain = mask.neg().add(1).mul(-0.7);
    expectClose(continued(plain, mask), zeros([1, 1, 8, 24], { device }).sub(0.7));
    // Left −1, right 1: the hole goes from one to the other, and is 0 in the middle.
    const sides = cat([ones([1, 1, 8, 12], { device }).neg(), ones([1, 1, 8, 12], { device })], 3);
    const known = sides.mul(mask.neg().add(1));
    const row = Array.from(continued(known, mask).select(2, 4).toTypedArray(), Number).slice(6, 18);
    expect([...row].sort((a, b) => a - b)).toEqual(row);
    expect(row[0]).toBeLessThan(-0.9);
    for (const [i, value] of row.entries()) expect(value).toBeCloseTo(-row[11 - i], 5);
  });
});

test('it is float32 inside autocast too', () => {
  scope(() => {
    const mask = columns(8, 12, [3, 9]);
    const known = rand([2, 3, 8, 12], { device }).mul(mask.neg().add(1));
    const masks = mask.expand([2, 1, 8, 12]);
    const inside = autocast({ device }, () => continued(known, masks));
    expect(inside.dtype).toBe('float32');
    expectClose(inside, continued(known, masks), { relative: 0 });
  });
});
