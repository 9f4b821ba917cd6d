import type { Dataset } from '../data/dataset';
import { GanError, messageOf } from '../errors';

/** What to say of the images that a data set was loaded without; undefined where it has all. */
export function skippedNote({ skipped }: Pick<Dataset, 'skipped'>, of: 'train' | 'test'): string | undefined {
  if (skipped.length === 0) return undefined;
  const which = `${of === 'test' ? 'held-out ' : ''}${skipped.length === 1 ? 'image' : 'images'}`;
  return `${skipped.length} ${which} left out; the first: ${skipped[0].reason}`;
}

/** Images that are left out because they cannot be used, with `--on-bad-image skip`. */
export class LeftOut {
  /** Why, each naming its file. */
  readonly reasons: string[] = [];
  readonly #leaves: boolean;

  constructor({ onBadImage }: { readonly onBadImage: 'fail' | 'skip' }) {
    this.#leaves = onBadImage === 'skip';
  }

  /** What `open` gives of files, all at once and in their order, without those where it fails. @throws what `open` throws, with `fail` */
  async openAll<File, Opened extends object>(
    files: readonly File[],
    open: (file: File) => Promise<Opened>,
  ): Promise<Opened[]> {
    const opened = await Promise.allSettled(files.map((file) => open(file)));
    // In the order of the files, whichever failed first.
    return opened.flatMap((one) => {
      if (one.status === 'fulfilled') return [one.value];
      if (!this.#leaves) throw one.reason;
      this.reasons.push(messageOf(one.reason));
      return [];
    });
  }

  /** What an error may advise beside the rest: nothing where it was asked for already. */
  get advice(): string {
    return this.#leaves ? '' : ', or leave it out with --on-bad-image skip';
  }

  /** @throws GanError `ERR_DATA_EMPTY` where none is left of the images that there were */
  requireSome(left: number): void {
    if (left > 0 || this.reasons.length === 0) return;
    throw new GanError('ERR_DATA_EMPTY', `no image of --in can be used; the first: ${this.reasons[0]}`);
  }
}
