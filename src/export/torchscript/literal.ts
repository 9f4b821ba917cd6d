import type { DType, MemoryFormat } from '../../native/types';
import type { SizeSource } from '../onnx/builder';
import type { Parameter } from '../schemas';
import { Size } from '../sizes';

/** Numbers of dtypes in LibTorch's ScalarType. */
const DTYPES: Readonly<Record<DType, number>> = {
  uint8: 0,
  int8: 1,
  int16: 2,
  int32: 3,
  int64: 4,
  float16: 5,
  float32: 6,
  float64: 7,
  bool: 11,
  bfloat16: 15,
};

const FORMATS: Readonly<Record<MemoryFormat, number>> = { contiguous: 0, preserve: 1, channels_last: 2 };

/** A size in Python: `(latents.size(0) * 4) // 2`. */
export function sizeText(size: Size, sources: Readonly<Record<string, SizeSource>>): string {
  if (size.constant) return String(size.value);
  const factors = size.factors.map(({ variable, scale, offset }) => {
    const { input, axis } = sources[variable];
    return `(${scale} * ${input}.size(${axis}) + ${offset})`;
  });
  const product = [...factors, String(size.multiplier)].join(' * ');
  return size.divisor === 1 ? `(${product})` : `((${product}) // ${size.divisor})`;
}

/**
 * An argument that is no tensor, as TorchScript writes it; null for a value that it cannot hold.
 *
 * @param device the expression of the device to compute on
 */
export function literal(
  value: unknown,
  { type }: Pick<Parameter, 'type'>,
  { sources, device }: { readonly sources: Readonly<Record<string, SizeSource>>; readonly device: string },
): string | null {
  if (value === null || value === undefined || type.startsWith('Layout')) return 'None';
  if (type.startsWith('Device')) return device;
  if (typeof value === 'boolean') return value ? 'True' : 'False';
  if (typeof value === 'bigint') return String(value);
  if (value instanceof Size) return sizeText(value, sources);
  if (typeof value === 'number') return numberText(value, type);
  if (Array.isArray(value)) {
    const element = { type: type.replace(/\[\d*\]\??$/, '') };
    const each = value.map((one: unknown) => literal(one, element, { sources, device }));
    return each.includes(null) ? null : `[${each.join(', ')}]`;
  }
  if (typeof value !== 'string') return null;
  if (type.startsWith('ScalarType')) return isKey(DTYPES, value) ? String(DTYPES[value]) : null;
  if (type.startsWith('MemoryFormat')) return isKey(FORMATS, value) ? String(FORMATS[value]) : null;
  return JSON.stringify(value);
}

function isKey<T extends object>(table: T, key: string): key is Extract<keyof T, string> {
  return Object.hasOwn(table, key);
}

/** A float has a point: TorchScript tells the types apart. */
export function numberText(value: number, type: string): string {
  if (!Number.isFinite(value))
    return value > 0 ? 'float("inf")' : value < 0 ? 'float("-inf")' : 'float("nan")';
  const text = String(value);
  return type.startsWith('float') && Number.isInteger(value) && !text.includes('e') ? `${text}.0` : text;
}
