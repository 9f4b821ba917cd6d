import { rememberModes } from '../nn/modes';
import type { Module } from '../nn/module';

/** Runs `body` while networks normalise by their running statistics, as they will when they are used. */
export function atRest<T>(networks: readonly Module[], body: () => T): T {
  const restore = rememberModes(networks);
  for (const network of networks) network.eval();
  try {
    return body();
  } finally {
    restore();
  }
}
