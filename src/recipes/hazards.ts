import { type Combination, HAZARDS, refuseHazards } from '../losses/lint';
import type { Module } from '../nn/module';
import { type Field, text } from './config';

const NAME = `(${HAZARDS.join('|')})`;

/** `--set allow=…`: which combinations that are known to fail the user wants all the same. */
export const allow: Field<string> = text('none', {
  help: 'combinations known to fail that are wanted all the same',
  pattern: new RegExp(`^(none|${NAME}(,${NAME})*)$`),
  expected: `none, or some of ${HAZARDS.join(', ')}, with commas between`,
});

/** What a recipe put together. */
export interface Built extends Omit<Combination, 'judges'> {
  /** Released where they are refused. */
  readonly networks: { readonly discriminator: Module; readonly [name: string]: Module };
}

/** Refuses what is known to fail, unless `--set allow=…` names it. @throws UsageError that says how to allow it */
export function refuse({ networks, ...combination }: Built, config: { readonly allow: string }): void {
  const { discriminator } = networks;
  try {
    refuseHazards({ ...combination, judges: { discriminator } }, { allow: config.allow.split(',') });
  } catch (error) {
    for (const network of Object.values(networks)) network.dispose();
    throw error;
  }
}
