import type { Evaluation } from '../metrics/evaluate';
import type { TaskState } from '../report/task-progress';
import type { EvaluateSettings } from './evaluate-settings';
import type { JudgedImages } from './judged';
import type { Terminal } from './terminal';

/** What the parts of an evaluation share. */
export interface EvaluationJob {
  readonly settings: EvaluateSettings;
  readonly judged: JudgedImages;
  readonly device: string;
  readonly terminal: Terminal;
  readonly signal: AbortSignal;
  readonly onProgress?: (state: TaskState) => void;
  /** Warns the user, once of each thing. */
  readonly onNote: (note: string) => void;
  /** Tells the user, and the run where there is one: a model's figures, and those of a base line beside them. */
  tell(evaluation: Evaluation, baseLine?: Evaluation): Promise<void>;
}
