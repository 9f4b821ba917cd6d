// Pieces of images in others, against what test/fixtures/recipes/cut_paste.py pastes piece by piece.
import { pasteParts, turnedAtRandom } from '../../src/data/pasted';
import { rand } from '../../src/tensor/create';
import { manualSeed } from '../../src/tensor/random';
import { scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { expectClose } from '../support/close';
import { readFixture } from '../support/fixtures';

function images(...shape: number[]): Tensor {
  manualSeed(7);
  return rand(shape).mul(2).sub(1);
}

/** The largest value of each image, [N]. */
function largest(values: Tensor): number[] {
  return values.flatten({ startDim: 1 }).amax(1).toArray() as number[];
}

test('pieces lie where, and show what, the same numbers make of them in Python', () =>
  scope(() => {
    const fixture = readFixture('recipes/cut-paste');
    const seen = fixture.tensor('images').select(0, 0).float().div(127.5).sub(1);
    manualSeed(JSON.parse(fixture.metadata.settings).seed);
    const pasted = pasteParts(seen);
    expectClose(pasted.images, fixture.tensor('pasted'), { relative: 1e-5 });
    expect(pasted.mask.equal(fixture.tensor('mask'))).toBe(true);
  }));

test('a quarter of the images stays as it is, and all others change in their mask and along its edge alone', () =>
  scope(() => {
    const seen = images(400, 3, 32, 32);
    const { images: pasted, mask } = pasteParts(seen);
    const change = pasted.sub(seen).abs();
    const changed = largest(change).map((most) => most > 0);
    expect(changed.filter(Boolean).length).toBeGreaterThan(260);
    expect(changed.filter(Boolean).length).toBeLessThan(340);
    for (const [i, most] of largest(mask).entries()) if (!changed[i]) expect(most).toBe(0);
    expect(mask.mul(mask).equal(mask)).toBe(true);
    // An edge is 2 pixels wide at most.
    const touched = change.amax([1]).gt(0).float().mean().item();
    expect(touched).toBeLessThan(3 * mask.mean().item());
    expect(pasted.abs().amax([0, 1, 2, 3]).item()).toBeLessThanOrEqual(1);
  }));

test('one image, and images that are not square, are no matter', () =>
  scope(() => {
    for (const shape of [
      [1, 1, 16, 16],
      [5, 3, 24, 16],
    ]) {
      const { images: pasted, mask } = pasteParts(images(...shape));
      expect(pasted.shape).toEqual(shape);
      expect(mask.shape).toEqual([shape[0], 1, ...shape.slice(2)]);
    }
  }));

test('the same seed pastes the same, and nothing has a gradient', () =>
  scope(() => {
    const seen = images(8, 1, 16, 16);
    seen.requiresGrad = true;
    const [first, second] = [1, 1].map((seed) => {
      manualSeed(seed);
      return pasteParts(seen);
    });
    expect(first.images.equal(second.images)).toBe(true);
    expect(first.images.requiresGrad).toBe(false);
  }));

test('images are turned each in a way of its own, all eight of a square, and those that are not square never on their side', () =>
  scope(() => {
    const [square] = images(1, 1, 3, 3).split(1);
    const mirrored = [square, square.flip([3])];
    const upright = mirrored.flatMap((image) => [image, image.flip([2])]);
    const ways = upright.flatMap((image) => [image, image.transpose(2, 3)]);
    const turned = turnedAtRandom(square.expand([64, 1, 3, 3])).split(1);
    const found = turned.map((image) => ways.findIndex((way) => way.equal(image)));
    expect([...new Set(found)].sort()).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(turnedAtRandom(images(8, 3, 4, 6)).shape).toEqual([8, 3, 4, 6]);
  }));
