// Taken out of Math once: where the global object is guarded (Jest), looking it up costs more than the arithmetic.
const { abs, max, min, sqrt } = Math;

/** What a pen draws on: a square of `size` × `size` bytes that begins at `offset` in `pixels`; 0 is bare paper. */
export interface Paper {
  readonly pixels: Uint8Array;
  readonly offset: number;
  readonly size: number;
}

/** Points `start` … `end` − 1 of a polyline in pixel coordinates (pixel 0 has its centre at 0.5), with the pen's radius at each. */
export interface Line {
  readonly x: Float64Array;
  readonly y: Float64Array;
  readonly radius: Float64Array;
  readonly start: number;
  readonly end: number;
}

/** How a pen leaves its mark: full ink (0–255) falls to none over `edge` pixels, half of them inside its radius. */
export interface Pen {
  readonly edge: number;
  readonly ink: number;
}

/**
 * Draws `line` with a round pen: a pixel takes the ink of its depth inside the nearest piece's outline, by a smooth step over the
 * edge. Where pieces overlap the stronger ink counts, so joints and crossings do not show.
 */
export function drawLine(paper: Paper, line: Line, pen: Pen): void {
  for (let i = line.start; i + 1 < line.end; i++) drawPiece(paper, line, pen, i);
}

/** Draws the piece from point i to point i + 1. */
function drawPiece({ pixels, offset, size }: Paper, line: Line, { edge, ink }: Pen, i: number): void {
  const x0 = line.x[i];
  const y0 = line.y[i];
  const dx = line.x[i + 1] - x0;
  const dy = line.y[i + 1] - y0;
  const outer0 = line.radius[i] + edge / 2;
  const outerStep = line.radius[i + 1] - line.radius[i];
  const reach = max(outer0, outer0 + outerStep);
  const inverse = 1 / (dx * dx + dy * dy + 1e-12);
  const left = max(0, min(x0, x0 + dx) - reach) | 0;
  const right = min(size - 1, max(x0, x0 + dx) + reach) | 0;
  const top = max(0, min(y0, y0 + dy) - reach) | 0;
  const bottom = min(size - 1, max(y0, y0 + dy) + reach) | 0;
  // A slanted band round the piece's line, so that a long diagonal does not visit its whole bounding box.
  const rise = abs(dy) < 1e-3 ? 1e-3 : dy;
  const slope = dx / rise;
  const width = (reach * sqrt(dx * dx + dy * dy)) / abs(rise) + 1;
  for (let row = top; row <= bottom; row++) {
    const py = row + 0.5 - y0;
    const middle = x0 + py * slope;
    const from = middle - width > left ? (middle - width) | 0 : left;
    const to = middle + width < right ? (middle + width) | 0 : right;
    for (let column = from; column <= to; column++) {
      const at = offset + row * size + column;
      if (pixels[at] >= ink) continue;
      const px = column + 0.5 - x0;
      const t = max(0, min(1, (px * dx + py * dy) * inverse));
      const ex = px - t * dx;
      const ey = py - t * dy;
      const squared = ex * ex + ey * ey;
      const outer = outer0 + t * outerStep;
      if (squared >= outer * outer) continue;
      const depth = (outer - sqrt(squared)) / edge;
      const value = depth >= 1 ? ink : (ink * depth * depth * (3 - 2 * depth)) | 0;
      if (value > pixels[at]) pixels[at] = value;
    }
  }
}
