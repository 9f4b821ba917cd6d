import { ops } from '../native/ops.generated';
import type { DType } from '../native/types';
import { noGrad } from '../tensor/autograd';
import { scope } from '../tensor/scope';
import { stack } from '../tensor/shapes';
import type { Tensor } from '../tensor/tensor';
import { handlesOf, wrapAll } from '../tensor/wrap';

/** Tensors by name, by the path of their file in a checkpoint. */
export type TensorFiles = Readonly<Record<string, Readonly<Record<string, Tensor>>>>;

interface Entry {
  /** `networks/generator 0.weight`. */
  readonly place: string;
  readonly tensor: Tensor;
  readonly infinityIsBad: boolean;
}

const FLOATING: ReadonlySet<DType> = new Set(['float16', 'bfloat16', 'float32', 'float64']);

/**
 * The first tensor of a checkpoint that no training could go on from, as `networks/generator 0.weight`, or null. NaN is nowhere good, an
 * infinity neither in an optimizer's state nor in a parameter; a buffer may hold one (a mask does). Each tensor is reduced to max |x| where
 * it lies, and the host waits once a device and dtype.
 *
 * @param parameters the names of the parameters of a file's network
 */
export function findNonFinite(
  files: TensorFiles,
  parameters: (file: string) => ReadonlySet<string> | null,
): string | null {
  const entries = Object.entries(files).flatMap(([file, tensors]) => {
    const strict = parameters(file);
    return Object.entries(tensors)
      .filter(([, tensor]) => FLOATING.has(tensor.dtype) && tensor.numel > 0)
      .map(([name, tensor]): Entry => {
        const infinityIsBad = strict === null || strict.has(name);
        return { place: `${file} ${name}`, tensor, infinityIsBad };
      });
  });
  const largest = largestOf(entries);
  const bad = entries.find((entry) => {
    const value = largest.get(entry);
    return Number.isNaN(value) || (entry.infinityIsBad && !Number.isFinite(value));
  });
  return bad?.place ?? null;
}

/** max |x| of each tensor; NaN where it holds one. */
function largestOf(entries: readonly Entry[]): Map<Entry, number> {
  const kinds = new Map<string, Entry[]>();
  for (const entry of entries) {
    const kind = `${entry.tensor.device} ${entry.tensor.dtype}`;
    kinds.set(kind, [...(kinds.get(kind) ?? []), entry]);
  }
  const largest = new Map<Entry, number>();
  for (const members of kinds.values()) {
    const handles = handlesOf(members.map(({ tensor }) => tensor));
    const values = scope(() =>
      noGrad(() => {
        const norms = wrapAll(ops._foreach_norm_Scalar(handles, Number.POSITIVE_INFINITY), 'findNonFinite');
        return stack(norms).to({ dtype: 'float64' }).toTypedArray();
      }),
    );
    for (const [at, member] of members.entries()) largest.set(member, Number(values[at]));
  }
  return largest;
}
