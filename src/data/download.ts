import { createHash, randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { GanError, messageOf } from '../errors';
import { makeFolder } from '../io/make-folder';
import type { OnDataProgress } from './progress';

/** A file as its publisher offers it. */
export interface PublishedFile {
  readonly file: string;
  readonly url: string;
  readonly bytes: number;
  readonly sha256: string;
}

/** Which file of which data set to fetch, and where to put it. */
export interface Download {
  readonly dataset: string;
  readonly published: PublishedFile;
  readonly folder: string;
  readonly progress?: OnDataProgress;
}

/** A server that sends nothing for so long is taken for dead. */
const SILENCE_MS = 30_000;

/**
 * Downloads a file of a data set into `folder`, from `$LIBTORCH_GAN_MIRROR/DATASET/FILE` when that prefix is set, else from its
 * publisher. It appears under its name only when whole and with the published sha256.
 * @returns The file's path.
 * @throws ERR_DATA_MISSING when it cannot be had, ERR_DATA_CORRUPT when what came is another file.
 */
export async function download({ dataset, published, folder, progress }: Download): Promise<string> {
  const { file, bytes, sha256 } = published;
  const mirror = process.env.LIBTORCH_GAN_MIRROR;
  const url = mirror ? `${mirror.replace(/\/+$/, '')}/${dataset}/${file}` : published.url;
  const path = join(folder, file);
  const missing = (why: string): GanError =>
    new GanError(
      'ERR_DATA_MISSING',
      `${path} is missing and could not be downloaded (${why}) from ${url} (${megabytes(bytes)}); put the file there by hand, or set LIBTORCH_GAN_MIRROR to a URL that has ${dataset}/${file}`,
    );
  const partial = join(folder, `.${file}.${process.pid}.${randomUUID()}.partial`);
  try {
    makeFolder(folder);
    const task = `downloading ${dataset}/${file} (${megabytes(bytes)})`;
    const came = await receive(url, {
      partial,
      bytes,
      report: (done) => progress?.({ task, done, total: bytes, unit: 'bytes' }),
    });
    if (came.bytes < bytes) throw new Error(`the connection ended after ${came.bytes} of ${bytes} bytes`);
    if (came.sha256 !== sha256)
      throw new GanError(
        'ERR_DATA_CORRUPT',
        `${url} is not the published ${dataset}/${file}: sha256 ${sha256} is expected, ${came.sha256} came; nothing was kept, use another mirror or put the file into ${folder} by hand`,
      );
    await rename(partial, path);
    return path;
  } catch (error) {
    if (error instanceof GanError && error.code !== 'ERR_CANNOT_WRITE') throw error;
    throw missing(reasonOf(error));
  } finally {
    await rm(partial, { force: true }).catch(() => {});
  }
}

/** Streams `url` into the file `partial`, never more than `bytes` and one chunk, hashing on the way. */
async function receive(
  url: string,
  { partial, bytes, report }: { partial: string; bytes: number; report: (done: number) => void },
): Promise<{ bytes: number; sha256: string }> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  const hash = createHash('sha256');
  let done = 0;
  try {
    const response = await fetch(url, { signal: silence.signal });
    if (!response.ok || !response.body) throw new Error(`HTTP status ${response.status}`);
    const file = await open(partial, 'w');
    try {
      for await (const chunk of response.body) {
        timer = restart(timer, silence);
        await file.writeFile(chunk);
        hash.update(chunk);
        done += chunk.length;
        report(Math.min(done, bytes));
        if (done > bytes) break;
      }
      await file.sync();
    } finally {
      await file.close();
    }
  } catch (error) {
    throw silence.signal.aborted ? new Error(`no answer within ${SILENCE_MS / 1000} s`) : error;
  } finally {
    clearTimeout(timer);
  }
  return { bytes: done, sha256: hash.digest('hex') };
}

function restart(timer: NodeJS.Timeout, silence: AbortController): NodeJS.Timeout {
  clearTimeout(timer);
  return setTimeout(() => silence.abort(), SILENCE_MS);
}

/** `fetch` hides the reason in `cause`: "fetch failed" alone helps nobody. */
function reasonOf(error: unknown): string {
  const cause = typeof error === 'object' && error !== null && 'cause' in error ? error.cause : undefined;
  return cause ? messageOf(cause) || messageOf(error) : messageOf(error);
}

function megabytes(bytes: number): string {
  return bytes < 1e5 ? `${(bytes / 1e3).toFixed(0)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;
}
