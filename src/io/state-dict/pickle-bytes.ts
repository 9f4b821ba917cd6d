import { GanError } from '../../errors';
import type { Failure } from '../safetensors-header';

/** The error of a pickle that goes on where its bytes end: there may be more of them. */
export class PickleCutOff extends GanError {}

/** Takes numbers and texts from the bytes of a pickle, one after the other. */
export class PickleBytesReader {
  position = 0;
  readonly #bytes: Buffer;
  readonly #fail: Failure;

  constructor(bytes: Uint8Array, fail: Failure) {
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.#fail = fail;
  }

  byte(): number {
    return this.#bytes[this.#advance(1)];
  }

  uint16(): number {
    return this.#bytes.readUInt16LE(this.#advance(2));
  }

  int32(): number {
    return this.#bytes.readInt32LE(this.#advance(4));
  }

  uint32(): number {
    return this.#bytes.readUInt32LE(this.#advance(4));
  }

  /** Big-endian, as the format has it. */
  float64(): number {
    return this.#bytes.readDoubleBE(this.#advance(8));
  }

  /** A whole number of so many bytes in two's complement. */
  long(length: number): number | bigint {
    const start = this.#advance(length);
    if (length === 0) return 0;
    const digits = Buffer.from(this.#bytes.subarray(start, start + length))
      .reverse()
      .toString('hex');
    const value = BigInt.asIntN(8 * length, BigInt(`0x${digits}`));
    return Number.isSafeInteger(Number(value)) ? Number(value) : value;
  }

  /** A text of so many bytes. @throws what `fail` makes, where it is no UTF-8 */
  text(length: number): string {
    const start = this.#advance(length);
    try {
      return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
        this.#bytes.subarray(start, start + length),
      );
    } catch {
      throw this.#fail('a text in its pickle is not UTF-8: it is damaged');
    }
  }

  /** A text up to the end of its line. */
  line(): string {
    const end = this.#bytes.indexOf('\n', this.position);
    if (end < 0) throw this.#cutOff();
    const text = this.text(end - this.position);
    this.position = end + 1;
    return text;
  }

  skip(length: number): void {
    this.#advance(length);
  }

  #advance(length: number): number {
    const start = this.position;
    if (length > this.#bytes.length - start) throw this.#cutOff();
    this.position += length;
    return start;
  }

  #cutOff(): PickleCutOff {
    const { code, message } = this.#fail('its pickle is cut off');
    return new PickleCutOff(code, message);
  }
}
