import { type FileHandle, open, stat } from 'node:fs/promises';
import type { Failure } from './safetensors-header';

/** Bytes a single read moves: other work on the event loop goes on between them. */
const CHUNK_BYTES = 4 << 20;

/** A regular file that is read here and there. Nothing is allocated for what lies beyond its end. */
export class FileBytes {
  readonly size: number;
  readonly #handle: FileHandle;
  readonly #fail: Failure;

  private constructor(handle: FileHandle, size: number, fail: Failure) {
    this.#handle = handle;
    this.size = size;
    this.#fail = fail;
  }

  /** @throws what `fail` makes, where it is no regular file, and errors of the file system */
  static async open(file: string, fail: Failure): Promise<FileBytes> {
    // Opening a pipe would wait for its writer.
    if (!(await stat(file)).isFile()) throw fail('it is not a regular file');
    const handle = await open(file, 'r');
    try {
      return new FileBytes(handle, (await handle.stat()).size, fail);
    } catch (error) {
      await handle.close();
      throw error;
    }
  }

  /** @throws what `fail` makes, where the file ends before */
  async read(at: number, length: number): Promise<Buffer> {
    if (!(at + length <= this.size))
      throw this.#fail(`it should have ${at + length} bytes, but it has ${this.size}: it is cut off`);
    const bytes = Buffer.allocUnsafeSlow(length);
    for (let filled = 0; filled < length; ) {
      const { bytesRead } = await this.#handle.read(
        bytes,
        filled,
        Math.min(CHUNK_BYTES, length - filled),
        at + filled,
      );
      if (bytesRead === 0) throw this.#fail('it became shorter while it was read');
      filled += bytesRead;
    }
    return bytes;
  }

  /** At most so many bytes, as many as there are. */
  readUpTo(at: number, length: number): Promise<Buffer> {
    return this.read(at, Math.max(0, Math.min(length, this.size - at)));
  }

  async close(): Promise<void> {
    await this.#handle.close();
  }
}
