import type { PixelSource } from './pixels';

/** Writes another form of one image into `target` from byte `offset` on. */
export type ConvertImage = (image: Uint8Array, target: Uint8Array, offset: number) => void;

/** Images of another source in a form of `imageBytes` bytes, converted when they are read. */
export function convertedPixels(
  source: PixelSource,
  { imageBytes, convert }: { readonly imageBytes: number; readonly convert: ConvertImage },
): PixelSource {
  const all = (bytes: Uint8Array): Uint8Array => {
    const count = bytes.length / source.imageBytes;
    const converted = new Uint8Array(count * imageBytes);
    for (let i = 0; i < count; i++)
      convert(bytes.subarray(i * source.imageBytes, (i + 1) * source.imageBytes), converted, i * imageBytes);
    return converted;
  };
  return {
    count: source.count,
    imageBytes,
    readAll: async () => all(await source.readAll()),
    open: async () => {
      const reader = await source.open();
      return { read: async (indices) => all(await reader.read(indices)), close: () => reader.close() };
    },
  };
}

/** Bytes `start` to `start` + `imageBytes` of each image: some of its channels. */
export function slicedPixels(
  source: PixelSource,
  { start, imageBytes }: { readonly start: number; readonly imageBytes: number },
): PixelSource {
  return convertedPixels(source, {
    imageBytes,
    convert: (image, target, offset) => target.set(image.subarray(start, start + imageBytes), offset),
  });
}
