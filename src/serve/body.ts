import type { IncomingMessage } from 'node:http';
import { Refusal } from './refusal';

/**
 * The body of a request. One that is too long is refused by its header, or as soon as too much has come.
 *
 * @throws Refusal 400 for one that is empty or ends early, 413 for one that is too long
 */
export async function readBody(request: IncomingMessage, most: number): Promise<Uint8Array> {
  const tooLong = () =>
    new Refusal(413, `expected at most ${Math.floor(most / (1 << 20))} MiB: send a smaller picture`);
  if (Number(request.headers['content-length'] ?? 0) > most) throw tooLong();
  const parts: Buffer[] = [];
  let length = 0;
  try {
    for await (const part of request.iterator({ destroyOnReturn: false })) {
      length += part.length;
      if (length > most) throw tooLong();
      parts.push(part);
    }
  } catch (error) {
    if (length > most) throw error;
    throw new Refusal(400, 'the request ended before its picture did');
  }
  if (length === 0) throw new Refusal(400, 'expected a picture as the body of the request, but it is empty');
  return Buffer.concat(parts);
}
