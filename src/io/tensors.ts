import type { DType } from '../native/types';
import { fromBytes } from '../tensor/create';
import type { Tensor } from '../tensor/tensor';
import type { TensorRecord, TensorRecords } from './safetensors';
import { badRecords, type Failure, type SafetensorsDtype } from './safetensors-header';

const FORMAT_DTYPES: Readonly<Record<DType, SafetensorsDtype>> = {
  bool: 'BOOL',
  uint8: 'U8',
  int8: 'I8',
  int16: 'I16',
  int32: 'I32',
  int64: 'I64',
  float16: 'F16',
  bfloat16: 'BF16',
  float32: 'F32',
  float64: 'F64',
};

const TENSOR_DTYPES = new Map(Object.entries(FORMAT_DTYPES).map(([ours, theirs]) => [theirs, ours as DType]));

/** Copies tensors, on any device and in any memory format, to the host as records in row-major order, exact for every dtype. */
export function tensorsToRecords(tensors: Readonly<Record<string, Tensor>>): TensorRecords {
  return Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensorToRecord(tensor)]));
}

/** Copies one tensor, see {@link tensorsToRecords}. */
export function tensorToRecord(tensor: Tensor): TensorRecord {
  return { dtype: FORMAT_DTYPES[tensor.dtype], shape: tensor.shape, bytes: tensor.toBytes() };
}

/**
 * Makes tensors from records; they belong to the scope around the call, or to the caller.
 *
 * @param options.device where they are made (the default device)
 * @param options.fail makes the error, where more is known of the file
 * @throws GanError `ERR_BAD_SAFETENSORS` for a dtype that tensors do not have (unsigned above 8 bits, float8), before any is made
 */
export function recordsToTensors(
  records: TensorRecords,
  { device, fail = badRecords }: { readonly device?: string; readonly fail?: Failure } = {},
): Record<string, Tensor> {
  const dtypes = Object.entries(records).map(([name, record]) => tensorDtype(name, record, fail));
  return Object.fromEntries(
    Object.entries(records).map(([name, { shape, bytes }], index) => [
      name,
      fromBytes(bytes, { dtype: dtypes[index], shape, device }),
    ]),
  );
}

function tensorDtype(name: string, { dtype }: TensorRecord, fail: Failure): DType {
  const known = TENSOR_DTYPES.get(dtype);
  if (known !== undefined) return known;
  throw fail(
    `tensor ${JSON.stringify(name)}: expected one of the dtypes ${[...TENSOR_DTYPES.keys()].join(', ')}, but got ${dtype}: convert it first`,
  );
}
