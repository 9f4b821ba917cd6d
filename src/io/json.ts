import { readFileSync, statSync } from 'node:fs';
import { GanError, hasCode, messageOf } from '../errors';
import { readError } from './file-error';

/** An object as JSON knows it. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** Whether a value is an object as JSON knows it: neither a list nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * `JSON.parse` whose error is one line: V8's quotes the text as it is, with line ends and control characters.
 *
 * @throws SyntaxError for what is no JSON
 */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new SyntaxError(messageOf(error).replace(/[\s\p{Cc}]+/gu, ' '), { cause: error });
  }
}

/**
 * Reads a file that holds one JSON object.
 *
 * @throws GanError `ERR_CANNOT_READ` when the file cannot be read, `ERR_BAD_JSON` when it holds something else
 */
export function readJsonObject(file: string): JsonObject {
  let text: string;
  try {
    text = readRegular(file);
  } catch (error) {
    throw readError(file, error);
  }
  let value: unknown;
  try {
    value = parseJson(text);
  } catch (error) {
    throw new GanError('ERR_BAD_JSON', `${file}: expected JSON, but ${messageOf(error)}`, { cause: error });
  }
  if (!isJsonObject(value)) throw new GanError('ERR_BAD_JSON', `${file}: expected a JSON object in braces`);
  return value;
}

/** @throws for a pipe too, which would keep its reader waiting */
function readRegular(file: string): string {
  const facts = statSync(file);
  // A folder says itself what it is.
  if (facts.isFile() || facts.isDirectory()) return readFileSync(file, 'utf8');
  throw new Error('it is a pipe or a device: name a file');
}

/**
 * The objects of a file that holds one JSON object a line. What is no such line is left out: a writer that was killed leaves
 * half a line, and one that is at work may be in the middle of its last. Without the file there are none.
 *
 * @param onBad is told the number of a line that is left out, from 1 on
 * @throws GanError `ERR_CANNOT_READ` when the file is there but cannot be read
 */
export function readJsonLines(file: string, onBad: (line: number) => void = () => {}): JsonObject[] {
  let text: string;
  try {
    text = readRegular(file);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return [];
    throw readError(file, error);
  }
  return text.split('\n').flatMap((line, i) => {
    if (line === '') return [];
    const value = parseLine(line);
    if (isJsonObject(value)) return [value];
    onBad(i + 1);
    return [];
  });
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
