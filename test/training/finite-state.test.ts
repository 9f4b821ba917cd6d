import type { TensorRecord } from '../../src/io/safetensors';
import { findNonFinite } from '../../src/training/finite-state';

function record(values: readonly number[], dtype: 'F32' | 'F64' = 'F32'): TensorRecord {
  const view = dtype === 'F32' ? Float32Array.from(values) : Float64Array.from(values);
  // A byte off: files put tensors where they fall.
  const bytes = new Uint8Array(view.byteLength + 1).subarray(1);
  bytes.set(new Uint8Array(view.buffer));
  return { dtype, shape: [values.length], bytes };
}

const parameters = (file: string) => (file.startsWith('networks/') ? new Set(['weight']) : null);
const find = (file: string, name: string, held: TensorRecord) =>
  findNonFinite({ first: { x: record([1]) }, [file]: { [name]: held } }, parameters);

test.each<[string, string, TensorRecord]>([
  ['networks/G', 'weight', record([0, Number.NaN])],
  ['networks/G', 'weight', record([Number.POSITIVE_INFINITY, 0])],
  ['networks/G', 'running_mean', record([0, Number.NaN])],
  ['optimizers/D', '0.exp_avg_sq', record([Number.POSITIVE_INFINITY])],
  ['optimizers/D', 'lr', record([Number.NaN], 'F64')],
])('%s %s with a NaN or an infinity is found', (file, name, held) => {
  expect(find(file, name, held)).toBe(`${file} ${name}`);
});

test.each<[string, string, TensorRecord]>([
  ['networks/G', 'weight', record([0, -3.4e38, 1e-45])],
  ['networks/G', 'mask', record([0, Number.NEGATIVE_INFINITY])],
  ['optimizers/D', 'steps', { dtype: 'I64', shape: [1], bytes: new Uint8Array(8).fill(255) }],
  ['optimizers/D', '0.exp_avg', record([])],
])('%s %s is passed', (file, name, held) => {
  expect(find(file, name, held)).toBeNull();
});
