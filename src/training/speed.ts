import { WAITING } from './log-names';
import type { Training } from './training';

/** How fast a training is between two lines of its log. */
export class Speed {
  readonly #training: Pick<Training, 'step' | 'images' | 'group'>;
  #step = 0;
  #images = 0;
  #time = 0;
  #imagesPerSecond = 0;

  constructor(training: Pick<Training, 'step' | 'images' | 'group'>) {
    this.#training = training;
    this.restart();
  }

  /** The step of the newest measurement, or of the start. */
  get step(): number {
    return this.#step;
  }

  /** As it was last measured. */
  get imagesPerSecond(): number {
    return this.#imagesPerSecond;
  }

  /** Begins here and now: the training has just come to its step in another way than by steps. */
  restart(): void {
    this.#mark(performance.now());
    this.#training.group.takeWaited();
    this.#imagesPerSecond = 0;
  }

  /** Does not count so many seconds of what has passed. */
  leaveOut(seconds: number): void {
    this.#time += seconds * 1000;
  }

  /** For a line of the log: real images seen since the start, and how many a second since the last time, of all processes, and where there are several the share of that time in which this one waited. */
  measure(): Readonly<Record<string, number>> {
    const { group } = this.#training;
    const now = performance.now();
    const seconds = (now - this.#time) / 1000;
    this.#imagesPerSecond = seconds > 0 ? (this.#training.images - this.#images) / seconds : 0;
    const waited = group.takeWaited();
    this.#mark(now);
    return {
      imagesSeen: this.#training.images,
      imagesPerSecond: this.#imagesPerSecond,
      ...(group.size > 1 && seconds > 0 && { [WAITING]: waited / seconds }),
    };
  }

  #mark(now: number): void {
    this.#step = this.#training.step;
    this.#images = this.#training.images;
    this.#time = now;
  }
}
