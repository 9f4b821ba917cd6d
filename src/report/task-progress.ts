import type { ProgressOptions } from './progress';

/** How far a piece of work before the training is, e.g. drawing, decoding or downloading images. */
export interface TaskState {
  /** E.g. `decoding folder:photos`. */
  readonly task: string;
  readonly done: number;
  readonly total: number;
}

const BAR_INTERVAL_MS = 100;
const PLAIN_INTERVAL_MS = 5_000;

/**
 * Shows tasks as they go on: a line that moves on a terminal that allows it, elsewhere a plain line every five seconds. Work that
 * is done sooner leaves no line.
 */
export function createTaskProgress({
  stream,
  bar,
  now = Date.now,
}: Pick<ProgressOptions, 'stream' | 'bar' | 'now'>): (state: TaskState) => void {
  const moving = bar && (stream.isTTY ?? false);
  let shown = now();
  return ({ task, done, total }) => {
    const ended = done >= total;
    if (now() - shown < (moving ? BAR_INTERVAL_MS : PLAIN_INTERVAL_MS) && !(ended && moving)) return;
    shown = now();
    const line = `${task}: ${Math.floor((100 * done) / total)} %`;
    if (!moving) stream.write(`${line}\n`);
    else stream.write(ended ? '\r\x1b[K' : `\r\x1b[K${line}`);
  };
}
