import { isJsonObject, type JsonObject } from '../../io/json';

/** What a training warned of, as its terminal showed it. */
export interface ToldWarning {
  readonly text: string;
  /** The step in which it was over. */
  readonly over?: number;
}

/** The warnings in a run's configuration; what is none is left out. */
export function warningsOf({ warnings }: JsonObject): ToldWarning[] {
  const told = Array.isArray(warnings) ? warnings.filter(isJsonObject) : [];
  return told.flatMap(({ text, over }) =>
    typeof text === 'string' ? [{ text, ...(typeof over === 'number' && { over }) }] : [],
  );
}
