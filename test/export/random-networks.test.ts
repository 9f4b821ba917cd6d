import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxOf } from '../../src/export/onnx-file';
import { exportScript } from '../../src/export/script-file';
import { noGrad } from '../../src/tensor/autograd';
import { manualSeed } from '../../src/tensor/random';
import { taskOfImages } from '../support/export-tasks';
import { stir } from '../support/exporting';
import { randomNetwork } from '../support/random-network';

const text = { name: 'test', metadata: {} };
const folder = mkdtempSync(join(tmpdir(), 'random-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Networks that are drawn: LIBTORCH_GAN_TEST_NETWORKS says how many. */
const COUNT = Number(process.env.LIBTORCH_GAN_TEST_NETWORKS ?? 8);

describe('a network of any layers gives what LibTorch gives', () => {
  test.each(Array.from({ length: COUNT }, (_, i) => i + 1))('of seed %i', async (seed) => {
    manualSeed(seed);
    const network = randomNetwork(seed, 8).eval();
    stir(network);
    const task = taskOfImages((images) => ({ made: noGrad(() => network.forward(images)) }), { network });
    try {
      const { parity, inputs } = await onnxOf(task, { opset: 17 + (seed % 2), text });
      expect(parity).toMatchObject({ holds: true, tolerance: 1e-4 });
      expect(inputs[0].shape).toEqual(['N', 4, 'H', 'W']);
      expect((await exportScript(task, join(folder, 'model.pt'))).parity.holds).toBe(true);
      const half = await onnxOf(task, { precision: 'float16', text });
      expect(half.parity?.outputs.made.largest).toBeLessThan(0.1);
    } finally {
      network.dispose();
    }
  });
});
