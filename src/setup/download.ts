import * as fs from 'node:fs';
import * as path from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { GanError, messageOf } from '../errors';
import { type ProcessContext, withProgress } from './progress';

/**
 * Downloads `url` (http, https or file) into the folder `work` and returns the file's path.
 *
 * @throws GanError `ERR_FETCH` with the status, the network's reason, or that fewer bytes came than were announced.
 */
export async function download(url: string, work: string, context: ProcessContext): Promise<string> {
  try {
    const target = path.join(work, decodeURIComponent(path.basename(new URL(url).pathname)));
    await withProgress(`downloading ${path.basename(target)}`, context, {
      work: async (progress) => {
        const { body, size } = await open(url);
        let received = 0;
        body.on('data', (chunk: Uint8Array) => {
          received += chunk.length;
          progress.update(
            size ? received / size : null,
            `${megabytes(received)}${size ? ` of ${megabytes(size)}` : ''}`,
          );
        });
        await pipeline(body, fs.createWriteStream(target));
        if (size && received !== size)
          throw new GanError('ERR_FETCH', `expected ${size} bytes, ${received} came`);
        return received;
      },
      outcome: megabytes,
    });
    return target;
  } catch (error) {
    throw new GanError('ERR_FETCH', reason(error), { cause: error });
  }
}

async function open(url: string): Promise<{ body: Readable; size: number }> {
  if (url.startsWith('file:')) {
    const file = fileURLToPath(url);
    const { size } = fs.statSync(file);
    return { body: fs.createReadStream(file), size };
  }
  const response = await fetch(url);
  if (!response.ok || !response.body)
    throw new GanError('ERR_FETCH', `${response.status} ${response.statusText}`);
  return { body: Readable.from(response.body), size: Number(response.headers.get('content-length') ?? 0) };
}

/** fetch says only "fetch failed"; its cause tells why. */
function reason(error: unknown): string {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return cause === undefined ? messageOf(error) : `${messageOf(error)}: ${messageOf(cause)}`;
}

function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(0)} MB`;
}
