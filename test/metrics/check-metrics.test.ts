import { checkMetrics, countNotes } from '../../src/metrics/check-metrics';
import type { ImageClasses } from '../../src/metrics/image-source';
import { prepareReal, type RealImages } from '../../src/metrics/real-images';
import { tinyExtractor } from '../support/extractor';
import { usage } from '../support/failure';
import { testDevice } from '../support/fixtures';
import { tinyDataset } from '../support/training';

/** What a check says of the real images of a small data set of three classes. */
async function withReal(
  options: { readonly count?: number; readonly labelled?: boolean },
  check: (real: RealImages) => void,
  { seen }: { readonly seen?: number } = {},
): Promise<void> {
  const dataset = tinyDataset(options);
  const extractor = tinyExtractor();
  const real = await prepareReal(dataset, { extractor, cache: null, device: testDevice, count: seen });
  try {
    check(real);
  } finally {
    real.dispose();
    extractor.dispose();
  }
}

function labelled(count: number, given?: readonly number[]): ImageClasses & { ofImages?: Int32Array } {
  return { count, kind: 'labels', ...(given && { ofImages: Int32Array.from(given) }) };
}

test('a metric that there is not is told before the work begins', () =>
  withReal({}, (real) =>
    expect(() => checkMetrics(['fdi' as never], { real, count: 40 })).toThrow(
      usage('"fdi" is no metric of evaluate: did you mean fid?'),
    ),
  ));

describe('the FID within classes', () => {
  test('needs labels of the judged images and of the real ones, of the same classes', async () => {
    await withReal({}, (real) => {
      expect(() => checkMetrics(['intra-fid'], { real, count: 40, classes: labelled(3) })).not.toThrow();
      expect(() => checkMetrics(['intra-fid'], { real, count: 40 })).toThrow(
        usage('intra-fid needs images made with labels but these have none: leave intra-fid out'),
      );
      expect(() => checkMetrics(['intra-fid'], { real, count: 40, classes: labelled(4) })).toThrow(
        usage('but these are 4 classes and tiny has 3 classes: leave intra-fid out'),
      );
    });
    await withReal({}, (real) => {
      const named = (names: readonly string[]) => () =>
        checkMetrics(['intra-fid'], { real, count: 40, classes: { ...labelled(3), names } });
      expect(named(['0', '1', '2'])).not.toThrow();
      expect(named(['1', '0', '2'])).toThrow(usage('these are 1, 0, 2 and tiny has 0, 1, 2'));
    });
    await withReal({ labelled: false }, (real) =>
      expect(() => checkMetrics(['intra-fid'], { real, count: 40, classes: labelled(3) })).toThrow(
        usage('but these are 3 classes and tiny has none: leave intra-fid out'),
      ),
    );
  });

  test('needs two images of each class, and says which has fewer', async () => {
    await withReal({}, (real) => {
      const judged = (given: readonly number[]) => () =>
        checkMetrics(['intra-fid'], { real, count: given.length, classes: labelled(3, given) });
      expect(judged([0, 0, 1, 1, 2, 2])).not.toThrow();
      expect(judged([0, 0, 1, 2, 2, 2])).toThrow(
        usage(
          'at least 2 images of each class but there is 1 of 1 among the judged ones: judge more of them',
        ),
      );
      expect(judged([0, 0, 0, 1, 1])).toThrow(usage('there are 0 of 2 among the judged ones'));
    });
    await withReal({ count: 5 }, (real) =>
      expect(() => checkMetrics(['intra-fid'], { real, count: 40, classes: labelled(3) })).toThrow(
        usage('there is 1 of 2 among the real ones: leave intra-fid out'),
      ),
    );
  });
});

test('kid needs three images, of which something can be said about its error', async () => {
  await withReal({}, (real) => {
    expect(() => checkMetrics(['kid'], { real, count: 3 })).not.toThrow();
    expect(() => checkMetrics(['kid'], { real, count: 2 })).toThrow(usage('kid needs at least 3 generated'));
  });
});

test('few images for a covariance are told, of a class as of all', async () => {
  await withReal({ count: 18 }, (real) => {
    const classes = labelled(3, [0, 1, 2, 0, 1, 2, 0, 1, 2]);
    const few = 'is far too high, and only for comparing with figures of as many: more than 6 are needed';
    expect(countNotes(['fid', 'intra-fid'], { real, count: 9, classes })).toEqual([
      expect.stringContaining(`intra-fid of 6 real images of a class by the 6 features of tiny ${few}`),
      expect.stringContaining(`intra-fid of 3 judged images of a class by the 6 features of tiny ${few}`),
    ]);
    expect(countNotes(['fid'], { real, count: 6 })).toEqual([
      expect.stringContaining(`fid of 6 judged images by the 6 features of tiny ${few}`),
    ]);
    expect(countNotes(['kid'], { real, count: 6, classes })).toEqual([]);
  });
});

test('authenticity tells that it does not see copies of all training images', async () => {
  await withReal({}, (real) => expect(countNotes(['authenticity'], { real, count: 9 })).toEqual([]));
  await withReal(
    {},
    (real) =>
      expect(countNotes(['authenticity'], { real, count: 9 })).toEqual([
        'authenticity sees copies of 20 of the 96 images of tiny alone',
      ]),
    { seen: 20 },
  );
});
