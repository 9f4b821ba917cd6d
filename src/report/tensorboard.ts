import { existsSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { pathText } from '../check';
import { closeQuietly } from '../io/close-quietly';
import { writeError } from '../io/file-error';
import { encodePng, type Picture } from '../io/png';
import { bytesField, doubleField, floatField, messageField, textField, varintField } from '../io/protobuf';
import { tfRecord } from './tfrecord';

/** Field numbers of tensorflow/core/util/event.proto and tensorflow/core/framework/summary.proto. */
const EVENT = { wallTime: 1, step: 2, fileVersion: 3, summary: 5, sessionLog: 7 } as const;
const SESSION_LOG = { status: 1, start: 1 } as const;
const SUMMARY_VALUE = 1;
const VALUE = { tag: 1, simpleValue: 2, image: 4 } as const;
const IMAGE = { height: 1, width: 2, colorspace: 3, encoded: 4 } as const;

/** What an {@link EventWriter} can be told. */
export interface EventWriterOptions {
  /** The step the run goes on from: TensorBoard then drops what it knows of later steps. */
  readonly resumedFrom?: number;
  /** The time, in milliseconds since 1970 (`Date.now`). */
  readonly now?: () => number;
}

let files = 0;

/** The time of the newest file that a folder has, in seconds since 1970; 0 without one. */
function lastSecond(directory: string): number {
  const names = existsSync(directory) ? readdirSync(directory) : [];
  return Math.max(
    0,
    ...names.map((name) => Number(/^events\.out\.tfevents\.(\d{10})\./.exec(name)?.[1] ?? 0)),
  );
}

/** Writes scalars and images for TensorBoard to a new `events.out.tfevents.*` file in a run directory. */
export class EventWriter {
  /** The file's path. */
  readonly file: string;
  readonly #now: () => number;
  #descriptor: number | null;

  /** @throws GanError `ERR_CANNOT_WRITE` */
  constructor(directory: string, options: EventWriterOptions = {}) {
    pathText('EventWriter', directory);
    this.#now = options.now ?? Date.now;
    const now = Math.floor(this.#now() / 1000);
    // Also where the clock was set back meanwhile.
    const last = lastSecond(directory);
    const seconds = String(last > now ? last + 1 : now).padStart(10, '0');
    // TensorBoard reads the files of a folder by name: the time comes first, the count tells files of one second apart.
    const count = String(files++).padStart(4, '0');
    this.file = join(directory, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.${count}`);
    try {
      this.#descriptor = openSync(this.file, 'wx');
    } catch (error) {
      throw writeError(this.file, error);
    }
    try {
      this.#begin(options.resumedFrom);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  #begin(resumedFrom: number | undefined): void {
    this.#write([textField(EVENT.fileVersion, 'brain.Event:2')]);
    if (resumedFrom !== undefined)
      this.#write([
        varintField(EVENT.step, resumedFrom + 1),
        messageField(EVENT.sessionLog, [varintField(SESSION_LOG.status, SESSION_LOG.start)]),
      ]);
  }

  /**
   * Adds scalars of one step.
   *
   * @param values by tag, e.g. `{ 'loss/D': 0.7 }`; stored as float32, NaN and infinities included
   * @throws GanError `ERR_CANNOT_WRITE`
   */
  scalars(step: number, values: Readonly<Record<string, number>>): void {
    const entries = Object.entries(values).map(([tag, value]) =>
      messageField(SUMMARY_VALUE, [textField(VALUE.tag, tag), floatField(VALUE.simpleValue, value)]),
    );
    if (entries.length > 0)
      this.#write([varintField(EVENT.step, step), messageField(EVENT.summary, entries)]);
  }

  /**
   * Adds a picture, e.g. a sample grid. `png` is the file that it was encoded to, where it was.
   *
   * @throws GanError `ERR_CANNOT_WRITE`, `ERR_BAD_PNG` when the picture's sizes do not fit together
   */
  image(
    step: number,
    {
      tag,
      picture,
      png = encodePng(picture),
    }: { readonly tag: string; readonly picture: Picture; readonly png?: Uint8Array },
  ): void {
    const { width, height, channels } = picture;
    const image = messageField(VALUE.image, [
      varintField(IMAGE.height, height),
      varintField(IMAGE.width, width),
      varintField(IMAGE.colorspace, channels),
      bytesField(IMAGE.encoded, png),
    ]);
    const value = messageField(SUMMARY_VALUE, [textField(VALUE.tag, tag), image]);
    this.#write([varintField(EVENT.step, step), messageField(EVENT.summary, [value])]);
  }

  /** Closes the file; a second call does nothing. */
  close(): void {
    if (this.#descriptor !== null) closeQuietly(this.#descriptor);
    this.#descriptor = null;
  }

  #write(fields: readonly Uint8Array[]): void {
    const event = Buffer.concat([doubleField(EVENT.wallTime, this.#now() / 1000), ...fields]);
    try {
      if (this.#descriptor === null) throw new Error('the event file was closed');
      // Unlike writeSync it goes on until the whole record is written.
      writeFileSync(this.#descriptor, tfRecord(event));
    } catch (error) {
      throw writeError(this.file, error);
    }
  }
}
