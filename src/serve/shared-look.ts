/**
 * A look at the disk that serves all who came before it began. Of many who wait, the first whose turn it is looks, and what was found holds
 * for the others: nobody is answered by what was seen before he asked.
 */
export class SharedLook {
  readonly #look: () => Promise<void>;
  /** Counts arrivals and looks in their order. */
  #clock = 0;
  #latest: { readonly began: number; readonly done: Promise<void> } | undefined;

  /** @param look throws where what it sees must not be */
  constructor(look: () => Promise<void>) {
    this.#look = look;
  }

  /** A place in the order, for {@link since}. */
  arrive(): number {
    return ++this.#clock;
  }

  /** Ends as the look that began after an arrival, or as one that begins now. */
  since(arrival: number): Promise<void> {
    if (this.#latest === undefined || this.#latest.began < arrival)
      this.#latest = { began: ++this.#clock, done: this.#look() };
    return this.#latest.done;
  }
}
