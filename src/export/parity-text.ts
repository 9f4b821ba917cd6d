import type { Parity } from './parity';

/** E.g. `images: largest difference from LibTorch 3.1e-7, mean 2.0e-8, in onnxruntime-web 1.30.0 (wasm)`. */
export function parityText({ outputs, runtime }: Parity): string {
  const each = Object.entries(outputs).map(
    ([name, { largest, mean }]) =>
      `${name}: largest difference from LibTorch ${largest.toExponential(1)}, mean ${mean.toExponential(1)}`,
  );
  return `${each.join('; ')}, in ${runtime}`;
}
