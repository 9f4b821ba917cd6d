/** Told of every module whose `forward` is called, and of its end. */
export interface ModuleWatch {
  enter(module: object): void;
  leave(): void;
}

let current: ModuleWatch | null = null;

/** Who is told now; null for nobody. */
export function moduleWatch(): ModuleWatch | null {
  return current;
}

/** Runs `body`, and tells `watch` of the modules that it passes through. */
export function watchModules<T>(watch: ModuleWatch, body: () => T): T {
  const before = current;
  current = watch;
  try {
    return body();
  } finally {
    current = before;
  }
}
