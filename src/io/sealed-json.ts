import { createHash } from 'node:crypto';
import { GanError } from '../errors';
import { type JsonObject, readJsonObject } from './json';

/** An object with a hash of it as its last entry, `seal`: a flipped bit in its text must not pass for another object. */
export function sealed(content: JsonObject): JsonObject {
  return { ...content, seal: sealOf(content) };
}

/** Whether the seal of an object is that of the rest of it; undefined where it has none. */
export function sealFits({ seal, ...content }: JsonObject): boolean | undefined {
  return seal === undefined ? undefined : seal === sealOf(content);
}

/**
 * Reads a file that holds one JSON object, perhaps {@link sealed}. Without a seal, as an earlier version or a user wrote it, it is taken as
 * it is.
 *
 * @returns the object, without its seal
 * @throws GanError as `readJsonObject`, and `ERR_BAD_JSON` where the seal does not fit
 */
export function readSealedJson(file: string): JsonObject {
  const value = readJsonObject(file);
  if (sealFits(value) === false)
    throw new GanError(
      'ERR_BAD_JSON',
      `${file}: expected what its seal was made of, but it was changed or damaged: whoever changed it removes its "seal"`,
    );
  const { seal: _, ...content } = value;
  return content;
}

/** The sha256 of an object's text, in lower-case hexadecimal. */
export function sealOf(content: object): string {
  return createHash('sha256').update(JSON.stringify(content)).digest('hex');
}
