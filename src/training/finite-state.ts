import type { TensorRecord, TensorRecords } from '../io/safetensors';

/**
 * The first tensor of a checkpoint that no training could go on from, as `networks/generator 0.weight`, or null. NaN is nowhere good, an
 * infinity neither in an optimizer's state nor in a parameter; a buffer may hold one (a mask does).
 *
 * @param files tensors by the path of their file in the checkpoint
 * @param parameters the names of the parameters of a file's network
 */
export function findNonFinite(
  files: Readonly<Record<string, TensorRecords>>,
  parameters: (file: string) => ReadonlySet<string> | null,
): string | null {
  for (const [file, records] of Object.entries(files)) {
    const strict = parameters(file);
    for (const [name, record] of Object.entries(records)) {
      const infinityIsBad = strict === null || strict.has(name);
      if (!allFinite(record, infinityIsBad)) return `${file} ${name}`;
    }
  }
  return null;
}

function allFinite(record: TensorRecord, infinityIsBad: boolean): boolean {
  const values = floats(record);
  if (values === null) return true;
  // A loop of its own: a checkpoint has as many numbers as its model, twice more for Adam.
  for (let i = 0; i < values.length; i++) {
    const value = values[i];
    if (Number.isNaN(value) || (infinityIsBad && !Number.isFinite(value))) return false;
  }
  return true;
}

function floats({ dtype, bytes }: TensorRecord): Float32Array | Float64Array | null {
  if (dtype !== 'F32' && dtype !== 'F64') return null;
  const size = dtype === 'F32' ? 4 : 8;
  const { buffer, byteOffset, length } = bytes.byteOffset % size === 0 ? bytes : bytes.slice();
  return dtype === 'F32'
    ? new Float32Array(buffer, byteOffset, length / size)
    : new Float64Array(buffer, byteOffset, length / size);
}
