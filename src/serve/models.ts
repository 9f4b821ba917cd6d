import type { ModelFacts } from '../report/page/wire';

/** The forms of an answer. */
export type AnswerFormat = 'png' | 'safetensors';

/** A request for images, its query as texts. */
export interface ImagesQuery {
  /** `count`, `seed`, `label`, `truncation` and so on. */
  readonly query: Readonly<Record<string, string>>;
  readonly format: AnswerFormat;
  readonly limits: { readonly count: number; readonly answerBytes: number };
}

/** A request for what a model makes of a picture. */
export interface ApplyQuery extends ImagesQuery {
  /** A file of PNG, JPEG, WebP, GIF, TIFF or BMP. */
  readonly picture: Uint8Array;
}

/** What a model made. */
export interface MadeImages {
  readonly bytes: Uint8Array;
  readonly count: number;
  readonly step: number;
}

/** Makes images with the newest checkpoints of runs; a run is named by its folder. Errors are those of `sample` and `apply`. */
export interface Models {
  describe(run: string): Promise<ModelFacts>;
  images(run: string, query: ImagesQuery): Promise<MadeImages>;
  apply(run: string, query: ApplyQuery): Promise<MadeImages>;
  close(): Promise<void>;
}
