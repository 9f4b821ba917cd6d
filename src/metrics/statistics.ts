/** Σ v / n */
export function meanOf(values: ArrayLike<number>): number {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum / values.length;
}

/** √(Σ (v − mean)² / (n − correction)); 0 where nothing is left to divide by. */
export function deviationOf(
  values: ArrayLike<number>,
  { correction = 0 }: { correction?: number } = {},
): number {
  const mean = meanOf(values);
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += (values[i] - mean) ** 2;
  return Math.sqrt(sum / Math.max(1, values.length - correction));
}

/** The standard error of the mean of independent values: their deviation / √n. */
export function errorOfMean(values: ArrayLike<number>): number {
  return deviationOf(values, { correction: 1 }) / Math.sqrt(values.length);
}
