import { SingleBar } from 'cli-progress';

/** What a progress line shows; a trainer's report is one. */
export interface ProgressReport {
  /** Steps done. */
  readonly step: number;
  readonly imagesPerSecond: number;
  readonly losses: Readonly<Record<string, number>>;
  /** Which stage of the training it is in, of one in stages. */
  readonly stage?: { readonly number: number };
  /** Path of the newest sample grid. */
  readonly samples?: string;
}

/** Where and how progress is shown. */
export interface ProgressOptions {
  /** The step to reach. */
  readonly steps: number;
  /** Steps done before this run, when it was resumed (0). */
  readonly start?: number;
  /** `process.stderr`, or what stands for it. */
  readonly stream: NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };
  /** Whether a bar may be drawn: else one plain line per report. A stream that is no terminal gets plain lines anyway. */
  readonly bar: boolean;
  /** The time in milliseconds (`Date.now`). */
  readonly now?: () => number;
}

/** Shows how far a training is. */
export interface Progress {
  /** Shows where the training is. */
  update(report: ProgressReport): void;
  /** Writes a line of its own, e.g. a warning, without disturbing the bar. */
  note(line: string): void;
  /** Leaves the last state on screen and gives the cursor back; a second call does nothing. */
  stop(): void;
}

const BAR_WIDTH = 20;

/** A bar on a terminal that allows it; a plain line per report elsewhere. */
export function createProgress(options: ProgressOptions): Progress {
  return options.bar && options.stream.isTTY ? new BarProgress(options) : new PlainProgress(options);
}

/** Leaves the bar's line: wipes it, lets long lines wrap while `line` is written, and moves the place the bar goes back to. */
const aboveBar = (line: string) => `\r\x1b[K\x1b[?7h${line}\n\x1b[?7l\x1b7`;

class BarProgress implements Progress {
  readonly #bar: SingleBar;
  readonly #stream: ProgressOptions['stream'];
  readonly #describe: (report: ProgressReport) => Description;
  #samples: string | undefined;

  constructor(options: ProgressOptions) {
    const { steps, start = 0, stream } = options;
    this.#stream = stream;
    this.#describe = describer(options);
    this.#bar = new SingleBar({
      format: '[{bar}] {line}',
      barsize: BAR_WIDTH,
      barCompleteChar: '=',
      barIncompleteChar: ' ',
      stream,
      hideCursor: true,
      // A note wipes the line: it must be drawn again even when nothing moved.
      forceRedraw: true,
      gracefulExit: false,
    });
    this.#bar.start(steps, start, { line: `step ${start}/${steps}` });
  }

  update(report: ProgressReport): void {
    const { numbers, samples } = this.#describe(report);
    const line = samples === undefined ? numbers : `${numbers} · ${samples}`;
    const fits = BAR_WIDTH + 3 + line.length <= (this.#stream.columns ?? 80);
    if (!fits && samples !== undefined && samples !== this.#samples) this.note(samples);
    this.#samples = samples;
    this.#bar.update(report.step, { line: fits ? line : numbers });
  }

  note(line: string): void {
    this.#stream.write(aboveBar(line));
  }

  stop(): void {
    if (this.#bar.isActive) this.#bar.stop();
  }
}

class PlainProgress implements Progress {
  readonly #stream: ProgressOptions['stream'];
  readonly #describe: (report: ProgressReport) => Description;

  constructor(options: ProgressOptions) {
    this.#stream = options.stream;
    this.#describe = describer(options);
  }

  update(report: ProgressReport): void {
    const { numbers, samples } = this.#describe(report);
    this.note(samples === undefined ? numbers : `${numbers} · ${samples}`);
  }

  note(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  stop(): void {}
}

interface Description {
  /** E.g. `step 400/2000 · 512 images/s · D 0.651 · G 1.2 · 1m 20s left`. */
  readonly numbers: string;
  /** Path of the newest sample grid so far. */
  readonly samples: string | undefined;
}

function describer(options: ProgressOptions): (report: ProgressReport) => Description {
  const { steps, start = 0, now = Date.now } = options;
  let samples: string | undefined;
  let last: { step: number; at: number; stage?: number } = { step: start, at: now() };
  // Steps take as long as those since then: a stage has a batch and networks of its own.
  let origin = last;
  return (report) => {
    samples = report.samples ?? samples;
    const [at, stage] = [now(), report.stage?.number];
    if (stage !== last.stage) origin = last;
    last = { step: report.step, at, stage };
    const done = report.step - origin.step;
    const left = done > 0 ? ((at - origin.at) / done) * (steps - report.step) : Number.NaN;
    const parts = [
      `step ${report.step}/${steps}`,
      `${formatRate(report.imagesPerSecond)} images/s`,
      ...Object.entries(report.losses).map(([name, loss]) => `${name} ${formatLoss(loss)}`),
      ...(left > 0 ? [`${formatDuration(left / 1000)} left`] : []),
    ];
    return { numbers: parts.join(' · '), samples };
  };
}

/** A loss in four significant digits. */
export function formatLoss(loss: number): string {
  return String(Number(loss.toPrecision(4)));
}

/** Images a second: whole from 10 on. */
export function formatRate(rate: number): string {
  return rate >= 10 ? rate.toFixed(0) : rate.toFixed(1);
}

/** A duration in its two largest units, e.g. `1m 20s`. */
export function formatDuration(seconds: number): string {
  const whole = Math.ceil(seconds);
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  if (hours > 0) return `${hours}h ${minutes}m`;
  return minutes > 0 ? `${minutes}m ${whole % 60}s` : `${whole}s`;
}
