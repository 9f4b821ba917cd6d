/** What PyTorch puts before names: `DataParallel` and its like, and `torch.compile`. */
const PREFIXES = ['module.', '_orig_mod.'];

/** The part of names that wrappers of a network put before all of them; empty where there is none. */
export function wrapperPrefix(names: readonly string[]): string {
  let prefix = '';
  for (;;) {
    const next = PREFIXES.find(
      (each) => names.length > 0 && names.every((name) => name.startsWith(prefix + each)),
    );
    if (next === undefined) return prefix;
    prefix += next;
  }
}

/** Entries by their names without a prefix that all have. */
export function withoutPrefix<T>(entries: Readonly<Record<string, T>>, prefix: string): Record<string, T> {
  return Object.fromEntries(
    Object.entries(entries).map(([name, value]) => [name.slice(prefix.length), value]),
  );
}
