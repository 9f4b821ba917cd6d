import { isJsonObject } from '../io/json';
import { readSealedJson } from '../io/sealed-json';
import type { GameProblem } from './game';

/** Once that a training warned of its game, as `config.json` keeps it. */
export interface GameWarning {
  readonly step: number;
  readonly problem: GameProblem;
  /** Of which game, in a model of several. */
  readonly game?: string;
  /** As it was told. */
  readonly text: string;
  /** The step in which it was over; absent while it is not. */
  readonly over?: number;
}

/**
 * The warnings that a run's `config.json` tells of; none where that file is damaged.
 *
 * @param until what came after that step holds no more
 */
export function earlierWarnings(config: string, until = Number.POSITIVE_INFINITY): GameWarning[] {
  try {
    return warningsUpTo(parseWarnings(readSealedJson(config).warnings), until);
  } catch {
    return [];
  }
}

/** Those of a JSON value; what is none is left out. */
export function parseWarnings(value: unknown): GameWarning[] {
  return (Array.isArray(value) ? value : []).filter(isWarning);
}

/** As they were told up to a step. */
export function warningsUpTo(warnings: readonly GameWarning[], step: number): GameWarning[] {
  return warnings
    .filter((warning) => warning.step <= step)
    .map(({ over, ...warning }) => ({ ...warning, ...(over !== undefined && over <= step && { over }) }));
}

function isWarning(value: unknown): value is GameWarning {
  return (
    isJsonObject(value) &&
    Number.isFinite(value.step) &&
    typeof value.problem === 'string' &&
    typeof value.text === 'string'
  );
}
