/** Whether the user's environment says how long waiting threads spin. */
export function spinIsChosen({ OMP_WAIT_POLICY, GOMP_SPINCOUNT } = process.env): boolean {
  return OMP_WAIT_POLICY !== undefined || GOMP_SPINCOUNT !== undefined;
}

/**
 * Runs `load`, which loads LibTorch, so that its threads sleep after a short spin while they wait for each other; by default they
 * spin for milliseconds. Medians measured on 2 cores, images a second of a small DCGAN, for the default, 3,000 turns, and no spin
 * at all: alone 1,240, 950 and 890; beside two busy processes 260, 380 and 540. Beside a compiler and tests the default fell to
 * 42, without spin 800.
 *
 * OpenMP reads the variables once, while it is loaded; who has set one knows better. Afterwards the environment is as before, so
 * that no child process inherits the setting.
 */
export function withShortSpin<T>(load: () => T): T {
  const { env } = process;
  if (spinIsChosen(env)) return load();
  env.GOMP_SPINCOUNT = '3000';
  try {
    return load();
  } finally {
    delete env.GOMP_SPINCOUNT;
  }
}
