import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors';
import { writeWhole } from '../io/whole-file';
import { type Profile, summarizeProfile } from '../report/profile';
import { writeTrace } from '../report/trace-file';
import { synchronize } from '../tensor/device';
import { type ProfileEvent, startProfiling, stopProfiling } from '../tensor/profiler';
import type { Training } from './training';

/** Which steps of a training to profile. */
export interface ProfileOptions {
  /** Steps to profile (20). */
  readonly steps?: number;
  /** Steps before them, whose first calls are slower than those to come (10). */
  readonly warmup?: number;
  /** Is given the profile. With a run directory it is also written there, as `profile.json` and as the Chrome trace `trace.json`. */
  readonly onProfile?: (profile: Profile) => void;
}

/** Steps before the profiled ones, by default. */
const WARMUP = 10;

/** Where a training is. */
interface Place {
  readonly device: string;
  /** The run directory. */
  readonly folder: string | undefined;
  /** Steps this training is to do. */
  readonly steps: number;
}

/** Profiles some steps of a training, once. */
export class StepProfile {
  readonly #place: Place;
  readonly #options: Required<Pick<ProfileOptions, 'steps' | 'warmup'>> & Pick<ProfileOptions, 'onProfile'>;
  #done = 0;
  #started = performance.now();
  #recording = false;
  /** Milliseconds of each step of the warm-up, and the median of their second half. */
  readonly #times: number[] = [];
  #unprofiled: number | undefined;

  /** @throws UsageError for counts that are none, or more steps than there are */
  constructor({ steps = 20, warmup = WARMUP, onProfile }: ProfileOptions, place: Place) {
    checkCount('profile.steps', steps, 1);
    checkCount('profile.warmup', warmup, 0);
    if (steps + warmup > place.steps)
      throw new UsageError(
        `a profile of ${steps} steps after ${warmup} of warm-up expected at least ${steps + warmup} steps but there are ${place.steps} to do: profile fewer, or train longer`,
      );
    this.#options = { steps, warmup, onProfile };
    this.#place = place;
  }

  /** To call before every step. */
  beforeStep(): void {
    if (this.#done !== this.#options.warmup) return;
    synchronize(this.#place.device);
    this.#unprofiled = median(this.#times.slice(this.#times.length >> 1));
    startProfiling();
    this.#recording = true;
    this.#started = performance.now();
  }

  /** To call after every step, and all that belongs to it. */
  async afterStep(): Promise<void> {
    const { warmup, steps } = this.#options;
    this.#done++;
    if (!this.#recording && this.#done <= warmup) {
      const now = performance.now();
      this.#times.push(now - this.#started);
      this.#started = now;
    }
    if (this.#done === warmup + steps) await this.finish();
  }

  /** Profiles the steps there were, where the training ends among them. */
  async finish(): Promise<void> {
    const { warmup, onProfile } = this.#options;
    const steps = this.#done - warmup;
    if (!this.#recording || steps < 1) return;
    const { device, folder } = this.#place;
    synchronize(device);
    const ms = performance.now() - this.#started;
    const events =
      folder === undefined
        ? this.#stop()
        : await writeTrace(join(folder, 'trace.json'), (path) => this.#stop(path));
    const profile = summarizeProfile(events, { steps, ms, unprofiledMs: this.#unprofiled });
    if (folder !== undefined)
      await writeWhole(join(folder, 'profile.json'), (partial) =>
        writeFile(partial, `${JSON.stringify(profile, null, 2)}\n`),
      );
    onProfile?.(profile);
  }

  #stop(trace?: string): readonly ProfileEvent[] {
    this.#recording = false;
    return stopProfiling({ trace });
  }

  /** Leaves nothing recording, whatever happened. */
  close(): void {
    if (!this.#recording) return;
    this.#stop();
  }
}

function median(values: readonly number[]): number | undefined {
  return [...values].sort((a, b) => a - b)[values.length >> 1];
}

function checkCount(name: string, value: number, least: number): void {
  if (!Number.isInteger(value) || value < least)
    throw new UsageError(
      `fit expected ${name} to be a whole number of at least ${least} but received ${value}`,
    );
}

/** The profile that `fit` was asked for, of the first of several processes alone. */
export function profileOf(
  { device, step, group }: Pick<Training, 'device' | 'step' | 'group'>,
  {
    profile,
    steps,
    out,
  }: { readonly profile?: ProfileOptions; readonly steps: number; readonly out?: string },
): StepProfile | undefined {
  if (!profile || group.rank > 0) return undefined;
  return new StepProfile(profile, { device, folder: out, steps: steps - step });
}
