import type { OnDataProgress } from './progress';

/** How examples are brought into the cache. */
export interface PackOptions {
  /** Stop at the first image that cannot be decoded, or leave such images out and count them (fail). */
  readonly onBadImage?: 'fail' | 'skip';
  readonly progress?: OnDataProgress;
}
