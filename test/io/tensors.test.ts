import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors, type TensorRecord, writeSafetensors } from '../../src/io/safetensors';
import { recordsToTensors, tensorsToRecords } from '../../src/io/tensors';
import type { DType } from '../../src/native/types';
import { tensor } from '../../src/tensor/create';
import { memory } from '../../src/tensor/memory';
import { scope } from '../../src/tensor/scope';

test('a dtype that tensors do not have is refused before any tensor is made', () => {
  const records: Record<string, TensorRecord> = {
    fine: { dtype: 'U8', shape: [1], bytes: new Uint8Array(1) },
    odd: { dtype: 'U16', shape: [1], bytes: new Uint8Array(2) },
  };
  const before = memory().tensors;
  expect(() => recordsToTensors(records)).toThrow(
    expect.objectContaining({
      code: 'ERR_BAD_SAFETENSORS',
      message: expect.stringMatching(/tensor "odd": expected one of the dtypes BOOL, .*, but got U16/),
    }),
  );
  expect(memory().tensors).toBe(before);
});

test.each<[DType, string, number[]]>([
  ['bool', 'BOOL', [0, 1]],
  ['uint8', 'U8', [3, 255]],
  ['int8', 'I8', [-128, 127]],
  ['int16', 'I16', [-32768, 3]],
  ['int32', 'I32', [-(2 ** 31), 3]],
  ['int64', 'I64', [-(2 ** 40), 3]],
  ['float16', 'F16', [0.5, -65504]],
  ['bfloat16', 'BF16', [0.5, -3]],
  ['float32', 'F32', [1 / 3, -1e30]],
  ['float64', 'F64', [1 / 3, -1e300]],
])('%s is stored as %s and comes back the same', (dtype, stored, values) => {
  scope(() => {
    const original = tensor(values, { dtype });
    const records = tensorsToRecords({ 'a.b': original });
    expect(records['a.b']).toMatchObject({ dtype: stored, shape: [2] });
    const back = recordsToTensors(records)['a.b'];
    expect(back.dtype).toBe(dtype);
    expect(back.toBytes()).toEqual(original.toBytes());
    expect(back.toArray()).toEqual(original.toArray());
  });
});

test('scalars, empty tensors and transposed ones pass through a file in row-major order', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tensors-'));
  const file = join(folder, 'a.safetensors');
  const records = scope(() =>
    tensorsToRecords({
      scalar: tensor(7, { dtype: 'int64' }),
      empty: tensor(new Float32Array(0), { shape: [0, 3] }),
      transposed: tensor([
        [1, 2, 3],
        [4, 5, 6],
      ]).t(),
    }),
  );
  await writeSafetensors(file, records);
  const read = await readSafetensors(file);
  rmSync(folder, { recursive: true });
  scope(() => {
    const { scalar, empty, transposed } = recordsToTensors(read.records);
    expect([scalar.shape, scalar.item()]).toEqual([[], 7]);
    expect(empty.shape).toEqual([0, 3]);
    expect(transposed.toArray()).toEqual([
      [1, 4],
      [2, 5],
      [3, 6],
    ]);
  });
});
