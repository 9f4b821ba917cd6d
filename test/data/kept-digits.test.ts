// The tests' own: sets that they keep are those that the library draws.
import { digits } from '../../src/data/digits';

const { digits: draw } = jest.requireActual<typeof import('../../src/data/digits')>('../../src/data/digits');

test('digits that are kept for other tests are those that are drawn', async () => {
  const options = { resolution: 8, count: 10_000, seed: 3 };
  const [drawn, first, kept] = [await draw(options), await digits(options), await digits(options)];
  const bytes = await drawn.pixels.readAll();
  for (const { pixels, labels, spec, name, classNames } of [first, kept]) {
    expect(Buffer.compare(await pixels.readAll(), bytes)).toBe(0);
    expect(String(labels)).toBe(String(drawn.labels));
    expect({ spec, name, classNames }).toEqual({
      spec: drawn.spec,
      name: 'digits',
      classNames: drawn.classNames,
    });
  }
});
