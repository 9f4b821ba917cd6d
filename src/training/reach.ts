/** Which sizes of images a network takes, and how far it looks. */
export interface Reach {
  /** Pixels that must divide height and width. */
  readonly stride: number;
  /** Pixels, the least height and width. */
  readonly least: number;
  /** Pixels along each side that an output pixel depends on, at most; Infinity where it is all of the image. */
  readonly receptiveField: number;
  /** How many times as high and wide as its input the output is: a whole number (1). Lengths above are of the input. */
  readonly scale?: number;
}
