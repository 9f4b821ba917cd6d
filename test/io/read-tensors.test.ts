import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readSafetensors, writeSafetensors as writeTensors } from '../../src';
import { writeSafetensors } from '../../src/io/safetensors';
import { tensor } from '../../src/tensor/create';
import { memory } from '../../src/tensor/memory';
import { scope } from '../../src/tensor/scope';
import { failure } from '../support/failure';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'read-tensors-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

test('a file that is not there, and one that is damaged, are refused with their path', async () => {
  const file = join(folder, 'a.safetensors');
  await expect(readSafetensors(file)).rejects.toThrow(failure('ERR_CANNOT_READ', file));
  writeFileSync(file, 'no header');
  await expect(readSafetensors(file)).rejects.toThrow(failure('ERR_BAD_SAFETENSORS', file));
});

test('a dtype that tensors do not have is refused, and nothing is left', async () => {
  const file = join(folder, 'a.safetensors');
  await writeSafetensors(file, {
    fine: { dtype: 'U8', shape: [1], bytes: new Uint8Array(1) },
    odd: { dtype: 'U16', shape: [1], bytes: new Uint8Array(2) },
  });
  const before = memory().tensors;
  await expect(readSafetensors(file)).rejects.toThrow(failure('ERR_BAD_SAFETENSORS', 'odd'));
  expect(memory().tensors).toBe(before);
});

test('tensors come by name, in the order of the file, with their dtypes, shapes and values', async () => {
  const file = join(folder, 'a.safetensors');
  const bytes = new Uint8Array(new Float32Array([1, -2, 3.5, 0]).buffer);
  await writeSafetensors(file, {
    weight: { dtype: 'F32', shape: [2, 2], bytes },
    count: { dtype: 'U8', shape: [], bytes: new Uint8Array([7]) },
  });
  const tensors = await readSafetensors(file);
  const { weight, count } = tensors;
  expect(Object.keys(tensors)).toEqual(['weight', 'count']);
  expect([weight.dtype, weight.shape, [...weight.toTypedArray()]]).toEqual([
    'float32',
    [2, 2],
    [1, -2, 3.5, 0],
  ]);
  expect([count.dtype, count.shape, count.item()]).toEqual(['uint8', [], 7]);
  for (const tensor of Object.values(tensors)) tensor.dispose();
});

test('what was written comes back, of every memory format, and a place that cannot be written is named', async () => {
  const file = join(folder, 'own.safetensors');
  const [image, count] = scope(() => [
    tensor([1.5, -2, 3, 4, 5, 6, 7, 8]).reshape([1, 2, 2, 2]).contiguous('channels_last'),
    tensor(7, { dtype: 'int64' }),
  ]);
  await writeTensors(file, { image, count }, { metadata: { by: 'a loop of my own' } });
  const back = await readSafetensors(file);
  expect(Object.keys(back)).toEqual(['image', 'count']);
  expect([back.image.equal(image), back.count.equal(count)]).toEqual([true, true]);
  expect(readFileSync(file, 'latin1')).toContain('"__metadata__":{"by":"a loop of my own"}');
  await expect(writeTensors(join(folder, 'no', 'where.safetensors'), { count })).rejects.toThrow(
    failure('ERR_CANNOT_WRITE', 'where.safetensors'),
  );
  for (const one of [image, count, ...Object.values(back)]) one.dispose();
});
