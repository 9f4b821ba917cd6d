/** Standard normal numbers of a seed, the same in every browser (mulberry32, Box & Muller 1958). */
export function normals(seed: number, count: number): Float32Array {
  const uniform = uniforms(seed);
  return Float32Array.from({ length: count }, () => {
    const radius = Math.sqrt(-2 * Math.log(1 - uniform()));
    return radius * Math.cos(2 * Math.PI * uniform());
  });
}

/** Numbers in [0, 1) of a seed, one a call. */
export function uniforms(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The point at `share` of the way from a to b on the great circle: what lies between two latents looks like one (White 2016). */
export function between(a: Float32Array, b: Float32Array, share: number): Float32Array {
  const length = (v: Float32Array) => Math.hypot(...v);
  const cosine = a.reduce((sum, value, i) => sum + value * b[i], 0) / (length(a) * length(b));
  const angle = Math.acos(Math.min(1, Math.max(-1, cosine)));
  if (angle < 1e-4) return a.map((value, i) => value + share * (b[i] - value));
  const [first, second] = [Math.sin((1 - share) * angle), Math.sin(share * angle)].map(
    (w) => w / Math.sin(angle),
  );
  return a.map((value, i) => first * value + second * b[i]);
}
