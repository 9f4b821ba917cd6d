import type { SuiteName } from './suites';

/** Recipes that `scripts/check-gpu.ts` trains for a while. */
export const GPU_RECIPES = ['dcgan', 'mlp'];

/** Suites that it measures against PyTorch, and the seconds that each may take. */
export const GPU_SUITES: readonly (readonly [SuiteName, number])[] = [
  ['dcgan64', 200],
  ['mlp', 120],
];
