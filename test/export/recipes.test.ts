import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onnxOf } from '../../src/export/onnx-file';
import { exportScript } from '../../src/export/script-file';
import { examplesOf } from '../../src/export/trace';
import { scope } from '../../src/tensor/scope';
import { exportedOf } from '../support/exporting';
import { SMALL } from '../support/small-recipes';

const text = { name: 'test', metadata: {} };

/** What WebGPU of onnxruntime-web has no kernel for, or what shapes do not come out of. */
const MISSING = [
  'Softplus',
  'Round',
  'Mod',
  'PRelu',
  'GridSample',
  'RandomNormal',
  'RandomUniform',
  'Loop',
  'If',
];

describe('in onnxruntime a recipe’s images are those of LibTorch within 1e-4, at other sizes, too', () => {
  test.each(SMALL)('$name', async (small) => {
    const { task, dispose } = exportedOf(small);
    try {
      const { parity, operators } = await onnxOf(task, { text });
      expect(parity).toMatchObject({ holds: true, tolerance: 1e-4 });
      expect(new Set(parity?.sizes.map(({ N }) => N))).toEqual(new Set([1, 2, 5]));
      if (task.border) expect(parity?.sizes.some(({ H }) => H % (task.border?.stride ?? 1) > 0)).toBe(true);
      expect(operators.filter((name) => MISSING.includes(name))).toEqual([]);
      expect(shadesOf(task)).toBeGreaterThan(0.01);
    } finally {
      dispose();
    }
  });
});

describe('so they are in TorchScript', () => {
  const folder = mkdtempSync(join(tmpdir(), 'export-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  test.each(SMALL)('$name', async (small) => {
    const { task, dispose } = exportedOf(small);
    try {
      const { parity } = await exportScript(task, join(folder, 'model.pt'));
      expect(parity).toMatchObject({ holds: true, tolerance: 1e-4 });
    } finally {
      dispose();
    }
  });
});

/** The standard deviation of what a task makes: a small one would be within any tolerance. */
function shadesOf(task: Parameters<typeof onnxOf>[0]): number {
  return scope(() => {
    const sizes = Object.fromEntries(task.variables.map(({ name, value }) => [name, value]));
    const [made] = Object.values(task.reference(examplesOf(task, sizes, 3)));
    return made.std().item();
  });
}
