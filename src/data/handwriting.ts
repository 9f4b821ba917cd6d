import { type DigitStyle, digitStyles, type Stroke } from './digit-strokes';
import { drawLine, type Paper } from './pen';
import type { Prng } from './prng';
import { walkSpline } from './spline';

// Taken out of Math once: where the global object is guarded (Jest), looking it up costs more than the arithmetic.
const { cos, max, min, round, sin } = Math;

const MAX_POINTS = 512;
const BOX = { width: 60, height: 100 };
const TURN = 2 * Math.PI;

/** What changes from one written digit to the next, drawn once an image. Lengths are fractions of the image. */
interface Hand {
  /** Standard deviation of a control point, in box units. */
  readonly tremor: number;
  /** A slow wave over the box that bends all strokes together: amplitudes in box units, phases in radians. */
  readonly wave: { readonly x: number; readonly y: number; readonly phaseX: number; readonly phaseY: number };
  /** Moves the waist: positive makes the upper half larger. */
  readonly balance: number;
  readonly aspect: number;
  readonly slant: number;
  readonly rotation: number;
  readonly height: number;
  readonly centreX: number;
  readonly centreY: number;
  /** The pen's radius. */
  readonly pen: number;
  /** How much the pen swells along the stroke, and whether it ends heavier than it began. */
  readonly pressure: { readonly swing: number; readonly phase: number; readonly trend: number };
  /** How much wider than a pixel the pen's soft edge is. */
  readonly blur: number;
  /** Full ink, 0–255. */
  readonly ink: number;
}

function pickHand(random: Prng): Hand {
  return {
    tremor: random.between(1.1, 3),
    wave: {
      x: 2.4 * random.bell(),
      y: 2.4 * random.bell(),
      phaseX: random.between(0, TURN),
      phaseY: random.between(0, TURN),
    },
    balance: 18 * random.bell(),
    aspect: max(0.68, 1.08 + 0.18 * random.bell()),
    slant: 0.14 + 0.17 * random.bell(),
    rotation: 0.07 * random.bell(),
    height: 0.78 + 0.035 * random.bell(),
    centreX: 0.5 + 0.015 * random.bell(),
    centreY: 0.5 + 0.015 * random.bell(),
    pen: max(0.026, 0.045 + 0.0095 * random.bell()),
    pressure: { swing: 0.2 * random.uniform(), phase: random.between(0, TURN), trend: 0.15 * random.bell() },
    blur: random.between(0.004, 0.024),
    ink: round(random.between(225, 255)),
  };
}

function pickStyle(styles: readonly DigitStyle[], random: Prng): DigitStyle {
  const shares = styles.reduce((sum, style) => sum + style.share, 0);
  let left = random.between(0, shares);
  for (const style of styles) {
    left -= style.share;
    if (left < 0) return style;
  }
  return styles[0];
}

/**
 * Writes digits: picks a style and a hand at random, bends the style's control points, slants and turns the whole, and draws it
 * with a pen whose width follows the pressure. A writer is scratch memory only: what it draws depends on its arguments alone.
 */
export class Writer {
  readonly #x = new Float64Array(MAX_POINTS);
  readonly #y = new Float64Array(MAX_POINTS);
  /** The place along the stroke, 0 … 1, until the pressure turns it into the pen's radius. */
  readonly #radius = new Float64Array(MAX_POINTS);
  #length = 0;

  /**
   * Draws `digit` (0–9) in white on black paper, all of its variation taken from `random`: the same digit and random stream give
   * the same shape at every size.
   */
  draw(digit: number, paper: Paper, random: Prng): void {
    const style = pickStyle(digitStyles[digit], random);
    const hand = pickHand(random);
    const tolerance = (0.08 * BOX.height) / (hand.height * paper.size);
    const ends: number[] = [];
    this.#length = 0;
    for (const stroke of style.strokes) {
      this.#trace(stroke, hand, { random, tolerance });
      ends.push(this.#length);
    }
    this.#place(hand, paper.size);
    this.#press(hand, paper.size);
    const pen = { edge: 0.8 + hand.blur * paper.size, ink: hand.ink };
    const line = { x: this.#x, y: this.#y, radius: this.#radius };
    let start = 0;
    for (const end of ends) {
      drawLine(paper, { ...line, start, end }, pen);
      start = end;
    }
  }

  /** Bends a stroke's control points and samples the curves through them. */
  #trace(
    stroke: Stroke,
    { tremor, wave, balance }: Hand,
    { random, tolerance }: { random: Prng; tolerance: number },
  ): void {
    const last = stroke.x.length - 1;
    const bent = { x: Float64Array.from(stroke.x), y: Float64Array.from(stroke.y) };
    for (let i = 0; i <= last; i++) {
      const u = stroke.x[i] / BOX.width;
      const v = stroke.y[i] / BOX.height;
      bent.x[i] += tremor * random.bell() + wave.x * sin(5 * v + 2 * u + wave.phaseX);
      bent.y[i] += tremor * random.bell() + wave.y * sin(5 * u + 2 * v + wave.phaseY);
      bent.y[i] += balance * v * (1 - v);
    }
    let start = 0;
    for (const end of [...stroke.corners, last]) {
      walkSpline(bent, { start, end, tolerance }, (x, y, at) => this.#add(x, y, at / last));
      start = end;
    }
  }

  #add(x: number, y: number, along: number): void {
    if (this.#length === MAX_POINTS) return;
    this.#x[this.#length] = x;
    this.#y[this.#length] = y;
    this.#radius[this.#length] = along;
    this.#length++;
  }

  /** Stretches, slants and turns the digit, then scales and moves it to its place on the paper. */
  #place(hand: Hand, size: number): void {
    const x = this.#x;
    const y = this.#y;
    const cosine = cos(hand.rotation);
    const sine = sin(hand.rotation);
    const bounds = { left: Infinity, right: -Infinity, top: Infinity, bottom: -Infinity };
    for (let i = 0; i < this.#length; i++) {
      const slanted = x[i] * hand.aspect - y[i] * hand.slant;
      x[i] = cosine * slanted - sine * y[i];
      y[i] = sine * slanted + cosine * y[i];
      bounds.left = min(bounds.left, x[i]);
      bounds.right = max(bounds.right, x[i]);
      bounds.top = min(bounds.top, y[i]);
      bounds.bottom = max(bounds.bottom, y[i]);
    }
    const room = (hand.height - 2 * hand.pen) * size;
    const scale = room / max(bounds.bottom - bounds.top, bounds.right - bounds.left);
    const shiftX = hand.centreX * size - (scale * (bounds.left + bounds.right)) / 2;
    const shiftY = hand.centreY * size - (scale * (bounds.top + bounds.bottom)) / 2;
    for (let i = 0; i < this.#length; i++) {
      x[i] = x[i] * scale + shiftX;
      y[i] = y[i] * scale + shiftY;
    }
  }

  /** Sets the pen's radius, in pixels, along the way. */
  #press({ pen, pressure: { swing, phase, trend } }: Hand, size: number): void {
    for (let i = 0; i < this.#length; i++) {
      const along = this.#radius[i];
      this.#radius[i] = pen * size * (1 + swing * sin(7 * along + phase) + trend * (along - 0.5));
    }
  }
}
