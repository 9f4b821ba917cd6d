import { createTaskProgress, type TaskState } from '../report/task-progress';
import type { Terminal } from './terminal';

/** Tells on stderr how far a task is; undefined where nobody wants to see that. */
export function progressOf({
  showsProgress,
  stderr,
  lively,
  now,
}: Terminal): ((state: TaskState) => void) | undefined {
  return showsProgress ? createTaskProgress({ stream: stderr, bar: lively, now }) : undefined;
}
