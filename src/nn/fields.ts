/** The values of `owner`'s own fields, or of arrays in them, that `is` accepts: by field, or `field.index`. */
export function heldBy<T>(owner: object, is: (value: unknown) => value is T): [string, T][] {
  const found: [string, T][] = [];
  for (const field of Object.keys(owner)) {
    const value: unknown = Reflect.get(owner, field);
    if (typeof value !== 'object' || value === null) continue;
    if (is(value)) found.push([field, value]);
    else if (Array.isArray(value))
      for (const [index, element] of value.entries())
        if (is(element)) found.push([`${field}.${index}`, element]);
  }
  return found;
}

/** `toRgb` → `to_rgb`: PyTorch's way to write a name. */
export function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** The entries with every value once, under its first name. */
export function unique<T>(entries: readonly [string, T][]): [string, T][] {
  const seen = new Set<T>();
  return entries.filter(([, value]) => !seen.has(value) && seen.add(value));
}
