// Taken out of Math once: where the global object is guarded (Jest), looking it up costs more than the arithmetic.
const { abs, ceil, hypot, max, min, sqrt } = Math;

/** Control points of a curve. */
export interface Points {
  readonly x: Float64Array;
  readonly y: Float64Array;
}

/** Takes one point of a curve; `at` is its place among the control points, e.g. 2.5 half way from the third to the fourth. */
export type Emit = (x: number, y: number, at: number) => void;

/** Tangents of one coordinate at both ends of the piece i → i + 1, from its neighbours and the centripetal spacings. */
interface Piece {
  readonly i: number;
  readonly before: number;
  readonly after: number;
  readonly spacing: readonly [number, number, number];
}

function outgoing(p: Float64Array, { i, before, spacing: [t0, t1] }: Piece): number {
  const chord = p[i + 1] - p[i];
  return before === i ? chord : chord + t1 * ((p[i] - p[before]) / t0 - (p[i + 1] - p[before]) / (t0 + t1));
}

function incoming(p: Float64Array, { i, after, spacing: [, t1, t2] }: Piece): number {
  const chord = p[i + 1] - p[i];
  return after === i + 1 ? chord : chord + t1 * ((p[after] - p[i + 1]) / t2 - (p[after] - p[i]) / (t1 + t2));
}

function spacing({ x, y }: Points, i: number, j: number): number {
  return sqrt(hypot(x[j] - x[i], y[j] - y[i])) + 1e-6;
}

/** Largest second derivative of the Hermite piece: how many straight steps it takes follows from it. */
function bend(p: Float64Array, i: number, out: number, into: number): number {
  const chord = 6 * (p[i + 1] - p[i]);
  return max(abs(chord - 4 * out - 2 * into), abs(-chord + 2 * out + 4 * into));
}

/**
 * Walks the centripetal Catmull–Rom spline through points `start` … `end` (Yuksel, Schaefer and Keyser 2011: neither loops nor
 * overshoots at uneven spacing) in straight steps no further than about `tolerance` from the curve.
 */
export function walkSpline(
  points: Points,
  { start, end, tolerance }: { start: number; end: number; tolerance: number },
  emit: Emit,
): void {
  const { x, y } = points;
  for (let i = start; i < end; i++) {
    const before = max(start, i - 1);
    const after = min(end, i + 2);
    const piece: Piece = {
      i,
      before,
      after,
      spacing: [spacing(points, before, i), spacing(points, i, i + 1), spacing(points, i + 1, after)],
    };
    const outX = outgoing(x, piece);
    const outY = outgoing(y, piece);
    const intoX = incoming(x, piece);
    const intoY = incoming(y, piece);
    const curvature = hypot(bend(x, i, outX, intoX), bend(y, i, outY, intoY));
    const steps = min(24, max(2, ceil(sqrt(curvature / (8 * tolerance)))));
    for (let k = i === start ? 0 : 1; k <= steps; k++) {
      const t = k / steps;
      const s = 1 - t;
      const a = s * s * (1 + 2 * t);
      const b = t * s * s;
      const c = t * t * (3 - 2 * t);
      const d = -t * t * s;
      emit(
        a * x[i] + b * outX + c * x[i + 1] + d * intoX,
        a * y[i] + b * outY + c * y[i + 1] + d * intoY,
        i + t,
      );
    }
  }
}
