import type { LossEnds } from '../losses/adversarial';
import type { Networks } from './phase';

/** Two networks of a model that are trained against each other: a training warns where their game goes wrong. */
export interface Game<N extends Networks = Networks> {
  /** What warnings call it, in a model of several. */
  readonly name?: string;
  readonly generator: keyof N & string;
  readonly discriminator: keyof N & string;
  /** How one sees that the discriminator wins; absent where winning is its task, as a critic's, or does no harm. */
  readonly score?: GameScore;
}

/** What of the log tells how a game stands. */
export interface GameScore {
  /** The discriminator's loss, by the name of its phase or what logs it; penalties in it make warnings come later, never sooner. */
  readonly discriminator: string;
  /** The generator's. */
  readonly generator: string;
  /** Those of the discriminator's loss. */
  readonly ends: LossEnds;
  /** Mean probabilities that the discriminator gives to real images and to fakes, where they are logged. */
  readonly probabilities?: { readonly real: string; readonly fake: string };
}

/** What may go wrong in a game. */
export type GameProblem =
  | 'discriminator-wins'
  | 'generator-collapses'
  | 'generator-faster'
  | 'discriminator-faster';

/** What a user may do about each, the rest of a sentence that begins with `try`. */
export type Remedies = Readonly<Partial<Record<GameProblem, string>>>;

/** What is said where nobody knows the model's settings. */
export const USUAL_REMEDIES: Required<Remedies> = {
  'discriminator-wins': 'a lower learning rate of the discriminator',
  'generator-collapses': 'a lower learning rate of the generator',
  'generator-faster': 'a lower learning rate of the generator',
  'discriminator-faster': 'a lower learning rate of the discriminator',
};
