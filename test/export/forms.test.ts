import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxOf } from '../../src/export/onnx-file';
import { parityText } from '../../src/export/parity-text';
import { exportScript } from '../../src/export/script-file';
import { conv2d } from '../../src/nn/conv';
import { sequential } from '../../src/nn/sequential';
import { noGrad } from '../../src/tensor/autograd';
import { full } from '../../src/tensor/create';
import { taskOfImages } from '../support/export-tasks';
import { exportedOf } from '../support/exporting';
import { SMALL } from '../support/small-recipes';

const text = { name: 'test', metadata: {} };
const folder = mkdtempSync(join(tmpdir(), 'forms-'));
afterAll(() => rmSync(folder, { recursive: true }));

function smallOf(name: string) {
  const small = SMALL.find((each) => each.recipe === name);
  if (!small) throw new Error(`no small recipe ${name}`);
  return small;
}

describe('bytes in and out, channels last, are the same images to a level, of odd sizes, too', () => {
  test.each(['dcgan', 'stylegan2', 'pix2pix', 'cyclegan', 'inpaint', 'super-resolution'])(
    '%s',
    async (name) => {
      const { task, dispose } = exportedOf(smallOf(name), { pixels: 'uint8', layout: 'nhwc' });
      try {
        const { parity, outputs } = await onnxOf(task, { text });
        expect(parity).toMatchObject({ holds: true, tolerance: 1 });
        expect(Object.values(parity?.outputs ?? {})[0].mean).toBeLessThan(0.01);
        expect(outputs[0]).toMatchObject({
          type: 'uint8',
          shape: ['N', expect.anything(), expect.anything(), 1],
        });
        expect((await exportScript(task, join(folder, 'model.pt'))).parity.holds).toBe(true);
      } finally {
        dispose();
      }
    },
  );
});

test('how far bytes are apart is told in levels', () => {
  const outputs = { images: { largest: 1, mean: 0.00123 } };
  const parity = { runtime: 'here', outputs, sizes: [], tolerance: 1, holds: true };
  expect(parityText(parity, 'uint8')).toBe(
    'images: largest difference from LibTorch 1 of 256 levels, mean 0.0012 levels, in here',
  );
  expect(parityText(parity, 'float')).toContain('LibTorch 1.0e+0, mean 1.2e-3, in');
});

describe('float16 is near, and keeps float32 outside', () => {
  test.each(['dcgan', 'stylegan2', 'biggan', 'cyclegan', 'inpaint'])('%s', async (name) => {
    const { task, dispose } = exportedOf(smallOf(name));
    try {
      const { parity, inputs, outputs } = await onnxOf(task, { precision: 'float16', opset: 18, text });
      expect(parity).toMatchObject({ holds: true, tolerance: null });
      expect(Object.values(parity?.outputs ?? {})[0].largest).toBeLessThan(0.02);
      expect([...inputs, ...outputs].filter(({ type }) => type === 'float16')).toEqual([]);
    } finally {
      dispose();
    }
  });
});

const testFull = existsSync('/dev/full') ? test : test.skip;

testFull('a full disk is an error, and not the end of the process', async () => {
  const { task, dispose } = exportedOf(smallOf('dcgan'));
  try {
    await expect(exportScript(task, '/dev/full')).rejects.toMatchObject({ code: 'ENOSPC' });
  } finally {
    dispose();
  }
});

test('float16 whose numbers run over is refused', async () => {
  // Of float16 the divisor is 0.
  const task = taskOfImages((images) => ({
    made: images.div(full([4, 1, 1], 1e-9, { device: 'cpu' })).mul(1e-9),
  }));
  await expect(onnxOf(task, { precision: 'float16', text })).rejects.toMatchObject({
    code: 'ERR_PARITY',
    message:
      'expected made of float16 to be finite but some are not: the network’s numbers leave what 16 bits hold, so try precision float32',
  });
});

test('where the runtimes part, the first layer that differs is named', async () => {
  const network = sequential(conv2d(4, 4, { kernelSize: 3, padding: 1 }), conv2d(4, 4, { kernelSize: 1 }));
  // Rounding made visible: sums of other orders differ in their last bits.
  noGrad(() => network.layers[1].parameters()[0].mul_(1e7));
  const task = taskOfImages((images) => ({ made: noGrad(() => network.forward(images)) }), { network });
  try {
    await expect(onnxOf(task, { text })).rejects.toMatchObject({
      code: 'ERR_PARITY',
      message: expect.stringMatching(
        /^expected made of onnxruntime-web .* to be within 0\.0001 of LibTorch’s but they are .* apart: the first to differ is the operator conv2d of network\.1$/,
      ),
    });
  } finally {
    network.dispose();
  }
});

test('of several outputs the one that differs is named', async () => {
  const network = sequential(conv2d(4, 4, { kernelSize: 3, padding: 1 }));
  noGrad(() => network.layers[0].parameters()[0].mul_(1e7));
  const task = taskOfImages(
    (images) => ({ kept: images.relu(), made: noGrad(() => network.forward(images)) }),
    { network },
  );
  try {
    await expect(onnxOf(task, { text })).rejects.toMatchObject({
      code: 'ERR_PARITY',
      message: expect.stringMatching(/^expected made of onnxruntime-web /),
    });
  } finally {
    network.dispose();
  }
});

test('without onnxruntime-web a model is written all the same, and a note says that nothing was compared', async () => {
  const { parity, notes, bytes } = await onnxOf(
    taskOfImages((images) => ({ made: images.relu() })),
    { text, runtime: null },
  );
  expect(parity).toBeNull();
  expect(notes).toContainEqual(expect.stringContaining('npm install onnxruntime-web'));
  expect(bytes.byteLength).toBeGreaterThan(100);
});
