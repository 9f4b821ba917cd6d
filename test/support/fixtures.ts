import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  badSafetensors,
  decodeHeader,
  headerLength,
  type TensorEntry,
} from '../../src/io/safetensors-header';
import { recordsToTensors } from '../../src/io/tensors';
import type { Tensor } from '../../src/tensor/tensor';

/** Where fixture tensors are put: `cpu` unless the suite is run on another device. */
export const testDevice = process.env.LIBTORCH_GAN_TEST_DEVICE ?? 'cpu';

/** A file that a script of test/fixtures wrote. Read whole and synchronously, because Jest wants its cases at once. */
export interface Fixture {
  readonly metadata: Readonly<Record<string, string>>;
  readonly names: readonly string[];
  /** A new tensor with the values stored under `name`, on {@link testDevice}; it belongs to the caller's scope. */
  tensor(name: string): Tensor;
  /** The tensors whose names begin with `prefix`, by the rest of their names. */
  group(prefix: string): Record<string, Tensor>;
}

/** Reads e.g. `nn/conv` of test/fixtures. */
export function readFixture(name: string): Fixture {
  const path = join(__dirname, '..', 'fixtures', `${name}.safetensors`);
  const file = readFileSync(path);
  const fail = badSafetensors(path);
  const start = 8 + headerLength(file, file.byteLength, fail);
  const { entries, metadata } = decodeHeader(file.subarray(8, start), file.byteLength - start, fail);
  const read = (wanted: readonly TensorEntry[]): Record<string, Tensor> =>
    recordsToTensors(
      Object.fromEntries(
        wanted.map(({ name: key, dtype, shape, begin, size }) => [
          key,
          { dtype, shape, bytes: file.subarray(start + begin, start + begin + size) },
        ]),
      ),
      { device: testDevice },
    );
  const tensor = (wanted: string): Tensor => {
    const found = entries.filter((entry) => entry.name === wanted);
    if (found.length === 0) throw new Error(`fixture ${name} has no tensor ${wanted}`);
    return read(found)[wanted];
  };
  const group = (prefix: string): Record<string, Tensor> => {
    const found = entries.filter((entry) => entry.name.startsWith(prefix));
    return Object.fromEntries(
      Object.entries(read(found)).map(([key, value]) => [key.slice(prefix.length), value]),
    );
  };
  return {
    metadata,
    names: entries.map((entry) => entry.name),
    tensor,
    group,
  };
}

/** A case of a table with its tensors, whose names lose the case's index. */
export type Case<T> = T & {
  readonly name: string;
  readonly tensors: Pick<Fixture, 'names' | 'tensor' | 'group'>;
};

/** The cases of a table written by test/fixtures/common.py; the caller says what a case holds. */
export function readCases<T>(name: string): Case<T>[] {
  const fixture = readFixture(name);
  const cases: (T & { name: string })[] = JSON.parse(fixture.metadata.cases);
  return cases.map((values, index) => {
    const own = (role: string): string => `${index}.${role}`;
    const names = fixture.names.filter((full) => full.startsWith(own('')));
    return {
      ...values,
      tensors: {
        names: names.map((full) => full.slice(own('').length)),
        tensor: (role) => fixture.tensor(own(role)),
        group: (prefix) => fixture.group(own(prefix)),
      },
    };
  });
}
