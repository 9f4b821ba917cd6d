/** Weights of red, green and blue in luma (ITU-R BT.601), on values of sRGB as they are. */
const [RED, GREEN, BLUE] = [0.299, 0.587, 0.114];

/** The grey of a colour, 0.299 R + 0.587 G + 0.114 B (Rec. 601), rounded: 76, 150 and 29 for pure red, green and blue of 8 bits. */
export function luma(red: number, green: number, blue: number): number {
  return Math.round(RED * red + GREEN * green + BLUE * blue);
}
