/** How far a long piece of work on data has come: drawing, decoding or downloading. */
export interface DataProgress {
  /** What is being done, e.g. `decoding folder:photos`. */
  readonly task: string;
  readonly done: number;
  readonly total: number;
  readonly unit: 'images' | 'bytes';
}

/** Called now and then during the work, and once at its end with `done` = `total`. */
export type OnDataProgress = (progress: DataProgress) => void;
