import { checkClasses, haveSameClasses } from '../../src/cli/same-classes';
import { ImageDataset } from '../../src/data/dataset';
import { usage } from '../support/failure';

/** A data set with these classes, or without labels. */
function domain(name: string, classNames: readonly string[]): ImageDataset {
  const labels = classNames.length > 0 ? classNames.map((_, label) => label) : null;
  const pixels = new Uint8Array(Math.max(1, classNames.length));
  return new ImageDataset({ name, channels: 1, height: 1, width: 1, pixels, labels, classNames });
}

test('domains without labels, and of other classes, are refused with what each has', () => {
  const [plain, dogs] = [domain('plain', []), domain('dogs', ['dog', 'eel'])];
  expect(() => checkClasses(['fid', 'accuracy'], { inputs: plain, targets: plain })).toThrow(
    usage(
      'accuracy needs domains with the same classes, but plain has none and plain has none: leave accuracy out',
    ),
  );
  expect(() =>
    checkClasses(['intra-fid'], { inputs: dogs, targets: domain('cats', ['cat', 'eel']) }),
  ).toThrow(
    usage(
      'intra-fid needs domains with the same classes, but dogs has dog, eel and cats has cat, eel: leave intra-fid out',
    ),
  );
  expect(() => checkClasses(['fid', 'kid'], { inputs: dogs, targets: plain })).not.toThrow();
  expect(haveSameClasses({ inputs: dogs, targets: plain })).toBe(false);
});

test('domains of the same classes in the same order may be compared', () => {
  const [inputs, targets] = [domain('a', ['x', 'y']), domain('b', ['x', 'y'])];
  expect(haveSameClasses({ inputs, targets })).toBe(true);
  expect(() => checkClasses(['accuracy'], { inputs, targets })).not.toThrow();
  expect(haveSameClasses({ inputs, targets: domain('c', ['y', 'x']) })).toBe(false);
});
