import { choice, element, latest, numberInput, section, slider } from './dom';
import { lineOf, type Running } from './model';
import { draw } from './picture';
import { type Point, Points } from './points';
import type { Told, View } from './view';

/** Images at once. */
const COUNT = 16;
/** Numbers of a latent that have a slider. */
const SLIDERS = 12;
/** Between the seeds of one sixteen and the next. */
const STRIDE = 1009;

/** Sliders, a class, sixteen images and the way from one seed to another, of a model that takes latents. */
export function latentPage(model: Running, told: Told): View {
  return new LatentPage(model, told);
}

class LatentPage implements View {
  readonly elements: readonly HTMLElement[];
  readonly #model: Running;
  readonly #points: Points;
  readonly #tiles = Array.from({ length: COUNT }, (_, i) => tile(i, () => this.#vary(i)));
  readonly #large = element('canvas', { width: 1, height: 1, className: 'large' });
  readonly #sliders: readonly ReturnType<typeof slider>[];
  readonly #way = element('canvas', { width: 1, height: 1, className: 'large' });
  readonly #problem = element('p', { className: 'problem' });
  readonly #ends = { from: 1, to: 2, share: 0 };
  #seed = 1;
  #varied: Point;

  constructor(model: Running, told: Told) {
    this.#model = model;
    this.#points = new Points(model, told);
    this.#varied = this.#points.at(STRIDE, 0);
    this.#sliders = this.#slidersOf();
    this.#problem.setAttribute('role', 'alert');
    this.elements = [this.#problem, this.#sixteen(), this.#one(), this.#between()];
    this.#renew();
    this.#drawWay();
  }

  redraw(): void {
    this.#drawAll();
    this.#drawVaried();
    this.#drawWay();
  }

  /** Whether the sliders are of codes, and not of the noise. */
  get #coded(): boolean {
    return this.#points.codeSize > 0;
  }

  readonly #drawAll = this.#latest(async () => {
    const images = await this.#points.images(this.#tiles.map((_, i) => this.#tileAt(i)));
    for (const [i, { canvas }] of this.#tiles.entries()) draw(canvas, images, i);
  });

  readonly #drawVaried = this.#latest(async () => {
    draw(this.#large, await this.#points.images([this.#varied]));
  });

  readonly #drawWay = this.#latest(async () => {
    const { from, to, share } = this.#ends;
    draw(this.#way, await this.#points.images([this.#points.between(from * STRIDE, to * STRIDE, share)]));
  });

  #latest(work: () => Promise<void>): () => void {
    return latest(work, (error) => {
      this.#problem.textContent = `The model failed: ${lineOf(error)}`;
    });
  }

  #tileAt(index: number): Point {
    return this.#points.at(this.#seed * STRIDE + index, index);
  }

  /** Brings an image of the sixteen to the sliders. */
  #vary(index: number): void {
    this.#varied = this.#tileAt(index);
    for (const [i, { set }] of this.#sliders.entries()) set(this.#numbers[i]);
    for (const [i, { button }] of this.#tiles.entries())
      button.setAttribute('aria-pressed', String(i === index));
    this.#drawVaried();
  }

  /** The numbers that the sliders move. */
  get #numbers(): Float32Array {
    return this.#coded ? this.#varied.codes : this.#varied.noise;
  }

  /** What is shown is of other points. */
  #renew(): void {
    this.#drawAll();
    this.#vary(0);
  }

  #slidersOf(): ReturnType<typeof slider>[] {
    const { codeSize, noiseSize } = this.#points;
    const most = this.#coded ? 1 : 3;
    return Array.from({ length: Math.min(SLIDERS, codeSize || noiseSize) }, (_, i) => {
      const range = { min: -most, max: most, step: 0.05, value: 0 };
      return slider(this.#coded ? `code ${i + 1}` : `z${i + 1}`, range, (value) => {
        this.#numbers[i] = value;
        this.#drawVaried();
      });
    });
  }

  #sixteen(): HTMLElement {
    const buttons = this.#tiles.map(({ button }) => button);
    return section('Sixteen images', 'Choose one to vary it below.', [
      element('div', { className: 'controls' }, this.#controls()),
      element('div', { className: 'grid' }, buttons),
    ]);
  }

  #controls(): HTMLElement[] {
    const seed = numberInput('Seed', this.#seed, (value) => {
      this.#seed = value;
      this.#renew();
    });
    const another = element('button', { type: 'button', textContent: 'Another sixteen', className: 'main' });
    another.addEventListener('click', () => {
      this.#seed++;
      seed.set(this.#seed);
      this.#renew();
    });
    const { classes, truncates } = this.#points;
    return [
      another,
      seed.row,
      ...(classes > 0 ? [this.#classes()] : []),
      ...(truncates ? [this.#psi()] : []),
    ];
  }

  #classes(): HTMLElement {
    const { classNames: names = [], latent } = this.#model.facts.facts;
    const classes = Array.from({ length: this.#points.classes }, (_, i): [number, string] => [
      i,
      names[i] ?? String(i),
    ]);
    return choice(
      latent?.conditional ? 'Class' : 'Code',
      { options: [[-1, 'all'], ...classes], chosen: -1 },
      (label) => {
        this.#points.shared.chosen = label;
        this.#renew();
        this.#drawWay();
      },
    );
  }

  #psi(): HTMLElement {
    const { shared } = this.#points;
    return slider('Truncation', { min: 0, max: 1, step: 0.05, value: shared.psi }, (psi) => {
      shared.psi = psi;
      this.redraw();
    }).row;
  }

  #one(): HTMLElement {
    const hint = this.#coded
      ? 'Each slider is a code that the model has learned.'
      : 'Each slider is one number of the latent.';
    const rows = this.#sliders.map(({ row }) => row);
    return section('Vary one', hint, [beside(this.#large, rows)]);
  }

  #between(): HTMLElement {
    const { from, to, share } = this.#ends;
    const moved = (key: 'from' | 'to' | 'share') => (value: number) => {
      this.#ends[key] = value;
      this.#drawWay();
    };
    return section('Between two seeds', '', [
      beside(this.#way, [
        numberInput('From seed', from, moved('from')).row,
        numberInput('To seed', to, moved('to')).row,
        slider('Way', { min: 0, max: 1, step: 0.01, value: share }, moved('share')).row,
      ]),
    ]);
  }
}

function tile(index: number, choose: () => void) {
  const canvas = element('canvas', { width: 1, height: 1 });
  const button = element('button', { type: 'button', className: 'tile' }, [canvas]);
  button.setAttribute('aria-label', `image ${index + 1}: vary it`);
  button.addEventListener('click', choose);
  return { canvas, button };
}

/** An image with what moves it. */
function beside(canvas: HTMLElement, rows: readonly HTMLElement[]): HTMLElement {
  return element('div', { className: 'beside' }, [canvas, element('div', { className: 'sliders' }, rows)]);
}
