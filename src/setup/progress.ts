/** A stream that progress is shown on: stderr, or what a test puts in its place. */
export type Stream = NodeJS.WritableStream & { readonly isTTY?: boolean; readonly columns?: number };

/** What setup needs of its process. */
export interface ProcessContext {
  readonly env: NodeJS.ProcessEnv;
  /** Where progress goes; `null` keeps it quiet. */
  readonly stderr: Stream | null;
}

/** A running line on the terminal, or one plain line per interval where there is none. */
export interface Progress {
  /** Shows how far the work is, from 0 to 1 (`null` where nobody knows), and what it is at. */
  update(fraction: number | null, detail?: string): void;
  /** Ends the line: `label: outcome (12 s)`. */
  done(outcome: string): void;
}

const PLAIN_INTERVAL_MS = 10_000;
const LIVE_INTERVAL_MS = 100;
const BAR_WIDTH = 24;

/** Starts a progress line called `label`. `NO_COLOR`, or a stream that is no terminal, makes it plain lines. */
export function progress(label: string, { env, stderr }: ProcessContext): Progress {
  if (stderr === null) return { update() {}, done() {} };
  const start = Date.now();
  const live = (stderr.isTTY ?? false) && !env.NO_COLOR;
  const interval = live ? LIVE_INTERVAL_MS : PLAIN_INTERVAL_MS;
  let shown = start;
  const seconds = () => `${Math.round((Date.now() - start) / 1000)} s`;
  return {
    update(fraction, detail) {
      if (Date.now() - shown < interval) return;
      shown = Date.now();
      const words = [
        fraction === null ? '' : `${Math.floor(fraction * 100)} %`,
        seconds(),
        detail ?? '',
      ].filter(Boolean);
      if (!live) stderr.write(`${label}: ${words.join(', ')}\n`);
      else
        stderr.write(
          `\r\x1b[2K${`${label} ${bar(fraction)} ${words.join(' ')}`.slice(0, (stderr.columns || 80) - 1)}`,
        );
    },
    done(outcome) {
      stderr.write(`${live ? '\r\x1b[2K' : ''}${label}: ${outcome} (${seconds()})\n`);
    },
  };
}

/**
 * Runs `work` under a progress line called `label`, which ends with what `outcome` makes of the result, or with `failed`.
 */
export async function withProgress<T>(
  label: string,
  context: ProcessContext,
  { work, outcome }: { work: (progress: Progress) => Promise<T>; outcome: (result: T) => string },
): Promise<T> {
  const line = progress(label, context);
  try {
    const result = await work(line);
    line.done(outcome(result));
    return result;
  } catch (error) {
    line.done('failed');
    throw error;
  }
}

function bar(fraction: number | null): string {
  const filled = Math.round((fraction ?? 0) * BAR_WIDTH);
  return '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
}
