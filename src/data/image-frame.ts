import type { Fit } from './decoded-form';
import type { ImageSize } from './image-size';

/** The part of an image at its own size that a model sees, and where that lies in what it sees. */
export interface ImageFrame {
  /** Of the image. */
  readonly seen: Box;
  /** Of what is seen: margins lie around it. */
  readonly shown: Box;
}

/** A rectangle of pixels. */
export interface Box extends ImageSize {
  readonly top: number;
  readonly left: number;
}

/** Where the pixels of an image are once it was fitted into another size: cut for `crop`, with margins for `pad`, all of both for `stretch`. */
export function frameOf(own: ImageSize, size: ImageSize, fit: Fit): ImageFrame {
  if (fit === 'stretch') return { seen: whole(own), shown: whole(size) };
  const scales = [own.height / size.height, own.width / size.width];
  const scale = fit === 'crop' ? Math.min(...scales) : Math.max(...scales);
  return {
    seen: middle(own, { height: size.height * scale, width: size.width * scale }),
    shown: middle(size, { height: own.height / scale, width: own.width / scale }),
  };
}

function whole({ height, width }: ImageSize): Box {
  return { top: 0, left: 0, height, width };
}

/** The middle of `size`, no larger than `wanted`. */
function middle(size: ImageSize, wanted: ImageSize): Box {
  const [height, width] = (['height', 'width'] as const).map((side) =>
    Math.max(1, Math.min(size[side], Math.round(wanted[side]))),
  );
  return {
    height,
    width,
    top: Math.floor((size.height - height) / 2),
    left: Math.floor((size.width - width) / 2),
  };
}
