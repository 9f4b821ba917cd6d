import { element, latest, slider } from './dom';
import { section } from './latents';
import type { Numbers, Running } from './model';
import { draw, numbersOf } from './picture';

/** The longest side of a picture that goes into a model. */
const MOST = 512;

/** Drop or choose a picture, of a model that takes images. */
export function imagePage(
  model: Running,
  told: (images: number, milliseconds: number) => void,
): HTMLElement[] {
  const { channels = 3, least = 1, masks = false } = model.facts.facts;
  const before = element('canvas', { width: 1, height: 1, className: 'large' });
  const after = element('canvas', { width: 1, height: 1, className: 'large' });
  const status = element('p', { textContent: 'Nothing leaves this page: the model runs here.' });
  status.setAttribute('role', 'status');
  const hole = { x: 0.5, y: 0.5, size: 0.3 };
  let picture: ImageData | null = null;
  const make = latest(async () => {
    if (!picture) return;
    const { width, height } = picture;
    const image = numbersOf(picture, channels);
    const mask = masks ? holeOf(hole, height, width) : null;
    draw(before, mask ? without(image, mask) : image);
    const start = performance.now();
    const made = await model.run({ images: image, ...(mask && { masks: mask }) });
    told(1, performance.now() - start);
    draw(after, made);
  });
  const open = async (file: Blob): Promise<void> => {
    try {
      picture = await pixelsOf(file, least);
      status.textContent = `${picture.width} × ${picture.height} pixels`;
      make();
    } catch {
      status.textContent = 'This file is no picture that the browser can read: try a PNG or JPEG.';
    }
  };
  const input = element('input', { type: 'file', accept: 'image/*', id: 'picture' });
  input.addEventListener('change', () => {
    const [file] = input.files ?? [];
    if (file) void open(file);
  });
  const drop = element('label', { className: 'drop', htmlFor: 'picture' }, [
    'Drop a picture here, or choose one',
    input,
  ]);
  document.addEventListener('dragover', (event) => event.preventDefault());
  document.addEventListener('drop', (event) => {
    event.preventDefault();
    const file = event.dataTransfer?.files[0];
    if (file) void open(file);
  });
  const place = (label: string, key: 'x' | 'y' | 'size') =>
    slider(label, { min: 0.05, max: 0.95, step: 0.01, value: hole[key] }, (value) => {
      hole[key] = value;
      make();
    }).row;
  return [
    section('A picture', '', [
      drop,
      status,
      ...(masks
        ? [
            element('div', { className: 'sliders' }, [
              place('Hole, left to right', 'x'),
              place('Hole, top to bottom', 'y'),
              place('Hole, size', 'size'),
            ]),
          ]
        : []),
      element('div', { className: 'pair' }, [
        element('figure', {}, [before, element('figcaption', { textContent: 'before' })]),
        element('figure', {}, [after, element('figcaption', { textContent: 'after' })]),
      ]),
    ]),
  ];
}

/** A picture’s pixels, at most {@link MOST} a side, and at least so many. */
async function pixelsOf(file: Blob, least: number): Promise<ImageData> {
  const bitmap = await createImageBitmap(file);
  const shrink = Math.min(1, MOST / Math.max(bitmap.width, bitmap.height));
  const factor = Math.max(shrink, least / Math.min(bitmap.width, bitmap.height));
  const [width, height] = [bitmap.width, bitmap.height].map((side) =>
    Math.max(least, Math.round(side * factor)),
  );
  const canvas = element('canvas', { width, height });
  const context = canvas.getContext('2d', { willReadFrequently: true });
  if (!context) throw new Error('no canvas');
  context.drawImage(bitmap, 0, 0, width, height);
  return context.getImageData(0, 0, width, height);
}

function holeOf(
  { x, y, size }: { x: number; y: number; size: number },
  height: number,
  width: number,
): Numbers {
  const half = (size * Math.min(height, width)) / 2;
  const data = new Float32Array(height * width);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      if (Math.abs(row - y * height) < half && Math.abs(column - x * width) < half)
        data[row * width + column] = 1;
  return { data, dims: [1, 1, height, width] };
}

function without({ data, dims }: Numbers, mask: Numbers): Numbers {
  const plane = mask.data.length;
  return { data: data.map((value, i) => (mask.data[i % plane] === 1 ? -1 : value)), dims };
}
