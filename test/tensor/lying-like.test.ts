import { randn } from '../../src/tensor/create';
import { lyingLike } from '../../src/tensor/lying-like';
import { scope } from '../../src/tensor/scope';
import { testDevice } from '../support/fixtures';

test('images take the layout of others, and stay themselves where that is the plain one, or both', () =>
  scope(() => {
    const images = randn([2, 3, 4, 5], { device: testDevice });
    const last = randn([6, 3, 3, 3], { device: testDevice }).contiguous('channels_last');
    const turned = lyingLike(images, last);
    expect(turned.isContiguous('channels_last')).toBe(true);
    expect(turned.equal(images)).toBe(true);
    expect(lyingLike(images, randn([6, 3, 3, 3], { device: testDevice }))).toBe(images);
    expect(lyingLike(images, randn([6, 1, 3, 3], { device: testDevice }))).toBe(images);
  }));
