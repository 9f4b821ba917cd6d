/** Tells each note the first time it comes. */
export function toldOnce(tell?: (note: string) => void): (note: string) => void {
  const told = new Set<string>();
  return (note) => {
    if (!told.has(note)) tell?.(note);
    told.add(note);
  };
}
