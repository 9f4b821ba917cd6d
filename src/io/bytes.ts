/** Whether pixels are whole numbers from 0 to 255, in memory of one byte each. */
export function isBytes(pixels: unknown): pixels is Uint8Array | Uint8ClampedArray {
  return pixels instanceof Uint8Array || pixels instanceof Uint8ClampedArray;
}

/** The name of an array's type, for messages, e.g. `Float32Array`. */
export function arrayName(values: unknown): string {
  return Object.prototype.toString.call(values).slice('[object '.length, -1);
}
