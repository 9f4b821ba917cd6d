import { SingleBar } from 'cli-progress';

/** What a progress line shows; a trainer's report is one. */
export interface ProgressReport {
  /** Steps done. */
  readonly step: number;
  readonly imagesPerSecond: number;
  readonly losses: Readonly<Record<string, number>>;
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
  readonly stream: NodeJS.WritableStream & { readonly isTTY?: boolean };
  /** Whether a bar may be drawn: else one plain line per report. A stream that is no terminal gets plain lines anyway. */
  readonly bar: boolean;
  /** The time in milliseconds (`Date.now`). */
  readonly now?: () => number;
}

/** Shows how far a training is. */
export interface Progress {
  update(report: ProgressReport): void;
  /** Writes a line of its own, e.g. a warning, without disturbing the bar. */
  note(line: string): void;
  /** Leaves the last state on screen and gives the cursor back; a second call does nothing. */
  stop(): void;
}

/** A bar on a terminal that allows it; a plain line per report elsewhere. */
export function createProgress(options: ProgressOptions): Progress {
  return options.bar && options.stream.isTTY ? new BarProgress(options) : new PlainProgress(options);
}

class BarProgress implements Progress {
  readonly #bar: SingleBar;
  readonly #stream: ProgressOptions['stream'];
  readonly #line: (report: ProgressReport) => string;

  constructor(options: ProgressOptions) {
    const { steps, start = 0, stream } = options;
    this.#stream = stream;
    this.#line = lineWriter(options);
    this.#bar = new SingleBar({
      format: '[{bar}] {line}',
      barsize: 20,
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
    this.#bar.update(report.step, { line: this.#line(report) });
  }

  note(line: string): void {
    this.#stream.write(`\r\x1b[K${line}\n`);
  }

  stop(): void {
    if (this.#bar.isActive) this.#bar.stop();
  }
}

class PlainProgress implements Progress {
  readonly #stream: ProgressOptions['stream'];
  readonly #line: (report: ProgressReport) => string;

  constructor(options: ProgressOptions) {
    this.#stream = options.stream;
    this.#line = lineWriter(options);
  }

  update(report: ProgressReport): void {
    this.note(this.#line(report));
  }

  note(line: string): void {
    this.#stream.write(`${line}\n`);
  }

  stop(): void {}
}

/** E.g. `step 400/2000 · 512 images/s · D 0.651 · G 1.2 · 1m 20s left · runs/a/samples/step-000400.png`. */
function lineWriter(options: ProgressOptions): (report: ProgressReport) => string {
  const { steps, start = 0, now = Date.now } = options;
  const began = now();
  let samples: string | undefined;
  return (report) => {
    samples = report.samples ?? samples;
    const done = report.step - start;
    const left = done > 0 ? ((now() - began) / done) * (steps - report.step) : Number.NaN;
    return [
      `step ${report.step}/${steps}`,
      `${formatRate(report.imagesPerSecond)} images/s`,
      ...Object.entries(report.losses).map(([name, loss]) => `${name} ${formatLoss(loss)}`),
      ...(left > 0 ? [`${formatDuration(left / 1000)} left`] : []),
      ...(samples === undefined ? [] : [samples]),
    ].join(' · ');
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
