/** What a page shows of a model. */
export interface View {
  readonly elements: readonly HTMLElement[];
  /** Makes what is shown anew: another runtime runs the model. */
  redraw(): void;
}

/** Is told how many images a call of the model made, and in how many milliseconds. */
export type Told = (images: number, milliseconds: number) => void;
