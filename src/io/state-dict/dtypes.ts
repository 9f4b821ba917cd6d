import { ELEMENT_BYTES, type SafetensorsDtype } from '../safetensors-header';

/** What elements of a storage are: a dtype of the safetensors format, or a complex one, which tensors here cannot have. */
export type StorageDtype = SafetensorsDtype | 'C64' | 'C128';

/** Bytes of an element. */
export const STORAGE_BYTES: Readonly<Record<StorageDtype, number>> = {
  ...ELEMENT_BYTES,
  C64: 8,
  C128: 16,
};

/** PyTorch's classes of storages by full name; null for those whose tensors say what they are. */
export const STORAGE_CLASSES: ReadonlyMap<string, StorageDtype | null> = new Map<string, StorageDtype | null>(
  [
    ['torch.FloatStorage', 'F32'],
    ['torch.DoubleStorage', 'F64'],
    ['torch.HalfStorage', 'F16'],
    ['torch.BFloat16Storage', 'BF16'],
    ['torch.LongStorage', 'I64'],
    ['torch.IntStorage', 'I32'],
    ['torch.ShortStorage', 'I16'],
    ['torch.CharStorage', 'I8'],
    ['torch.ByteStorage', 'U8'],
    ['torch.BoolStorage', 'BOOL'],
    ['torch.ComplexFloatStorage', 'C64'],
    ['torch.ComplexDoubleStorage', 'C128'],
    ['torch.storage.UntypedStorage', null],
    ['torch.UntypedStorage', null],
  ],
);

/** PyTorch's dtypes by full name, as they are pickled. */
export const DTYPE_OBJECTS: ReadonlyMap<string, StorageDtype> = new Map<string, StorageDtype>([
  ['torch.float32', 'F32'],
  ['torch.float64', 'F64'],
  ['torch.float16', 'F16'],
  ['torch.bfloat16', 'BF16'],
  ['torch.int64', 'I64'],
  ['torch.int32', 'I32'],
  ['torch.int16', 'I16'],
  ['torch.int8', 'I8'],
  ['torch.uint8', 'U8'],
  ['torch.uint16', 'U16'],
  ['torch.uint32', 'U32'],
  ['torch.uint64', 'U64'],
  ['torch.bool', 'BOOL'],
  ['torch.complex64', 'C64'],
  ['torch.complex128', 'C128'],
  ['torch.float8_e4m3fn', 'F8_E4M3'],
  ['torch.float8_e5m2', 'F8_E5M2'],
]);
