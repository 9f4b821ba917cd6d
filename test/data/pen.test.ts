import { drawLine, type Line } from '../../src/data/pen';

const SIZE = 64;

function line(points: [number, number][], radius: number[]): Line {
  return {
    x: Float64Array.from(points, ([x]) => x),
    y: Float64Array.from(points, ([, y]) => y),
    radius: Float64Array.from(radius),
    start: 0,
    end: points.length,
  };
}

function drawn(what: Line, { edge = 1, ink = 255 } = {}): Uint8Array {
  const pixels = new Uint8Array(SIZE * SIZE + 1);
  drawLine({ pixels, offset: 1, size: SIZE }, what, { edge, ink });
  expect(pixels[0]).toBe(0);
  return pixels.subarray(1);
}

const area = (pixels: Uint8Array): number => pixels.reduce((sum, value) => sum + value / 255, 0);

describe('drawLine', () => {
  test('draws nothing for a line outside the paper, or of one point', () => {
    expect(
      area(
        drawn(
          line(
            [
              [-30, 10],
              [-20, 90],
            ],
            [3, 3],
          ),
        ),
      ),
    ).toBe(0);
    expect(area(drawn(line([[30, 30]], [3])))).toBe(0);
  });

  test.each<[string, [number, number][]]>([
    [
      'level',
      [
        [12, 32],
        [52, 32],
      ],
    ],
    [
      'upright',
      [
        [32, 52],
        [32, 12],
      ],
    ],
    [
      'slanted',
      [
        [16, 20],
        [48, 44],
      ],
    ],
  ])('covers length · width and two half discs along a %s line', (_, points) => {
    // A smooth step over the edge covers as much outside the radius as it leaves out inside.
    expect(area(drawn(line(points, [4, 4])))).toBeCloseTo(40 * 8 + Math.PI * 16, -1);
  });

  test('grows and shrinks with the radius', () => {
    const wedge = drawn(
      line(
        [
          [12, 32],
          [52, 32],
        ],
        [2, 6],
      ),
    );
    const height = (x: number): number =>
      Array.from({ length: SIZE }, (_, y) => wedge[y * SIZE + x] / 255).reduce((a, b) => a + b);
    expect(height(12)).toBeCloseTo(4, 0);
    expect(height(32)).toBeCloseTo(8, 0);
    expect(height(52)).toBeCloseTo(12, 0);
  });

  test('shows neither joints nor crossings, and never more than full ink', () => {
    const [a, b, c]: [number, number][] = [
      [12, 32],
      [32, 32],
      [52, 32],
    ];
    expect(drawn(line([a, b, c], [4, 4, 4]), { ink: 200 })).toEqual(
      drawn(line([a, c], [4, 4]), { ink: 200 }),
    );
    expect(Math.max(...drawn(line([a, c, a], [4, 4, 4]), { ink: 200 }))).toBe(200);
  });

  test('is cut off at the border of the paper', () => {
    const cut = drawn(
      line(
        [
          [-20, 32],
          [84, 32],
        ],
        [4, 4],
      ),
    );
    expect(area(cut)).toBeCloseTo(64 * 8, -1);
  });
});
