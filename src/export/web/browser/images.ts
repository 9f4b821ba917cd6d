import { type Camera, openCamera } from './camera';
import { numbersOf } from './channels';
import { choice, element, latest, section, slider } from './dom';
import { extentFor, type Fit, fitOf, SIDES } from './extent';
import { type Hole, maskOf, without } from './hole';
import { lineOf, type Running } from './model';
import { draw } from './picture';
import { type Picture, pixelsOf, still } from './pixels';
import type { Told, View } from './view';

/** Drop or choose a picture, or turn the camera on, of a model that takes images. */
export function imagePage(model: Running, told: Told): View {
  return new ImagePage(model, told);
}

class ImagePage implements View {
  readonly elements: readonly HTMLElement[];
  readonly #model: Running;
  readonly #told: Told;
  readonly #before = element('canvas', { width: 1, height: 1, className: 'large' });
  readonly #after = element('canvas', { width: 1, height: 1, className: 'large' });
  readonly #status = element('p', { textContent: 'Nothing leaves this page: the model runs here.' });
  readonly #button = element('button', { type: 'button', textContent: 'Camera', className: 'main' });
  readonly #hole: Hole = { x: 0.5, y: 0.5, size: 0.3 };
  #fit: Fit;
  #picture: Picture | null = null;
  #camera: Camera | null = null;
  /** Counts what was asked for: what came before is not waited for. */
  #asked = 0;

  readonly redraw = latest(
    async () => {
      if (!this.#picture || this.#camera) return;
      const start = performance.now();
      await this.#make(this.#picture);
      this.#told(1, performance.now() - start);
    },
    (error) => this.#say(`The model failed: ${lineOf(error)}`),
  );

  constructor(model: Running, told: Told) {
    this.#model = model;
    this.#told = told;
    this.#fit = fitOf(model.facts, SIDES[SIDES.length - 1]);
    this.#status.setAttribute('role', 'status');
    this.#button.addEventListener('click', () => this.#turn());
    document.addEventListener('dragover', (event) => event.preventDefault());
    document.addEventListener('drop', (event) => {
      event.preventDefault();
      this.#open(event.dataTransfer?.files[0]);
    });
    this.elements = [section('A picture', '', this.#parts())];
  }

  #parts(): HTMLElement[] {
    const figure = (canvas: HTMLElement, textContent: string) =>
      element('figure', {}, [canvas, element('figcaption', { textContent })]);
    return [
      this.#drop(),
      element('div', { className: 'controls' }, [this.#button, ...(this.#fit.fixed ? [] : [this.#sides()])]),
      this.#status,
      ...(this.#model.facts.facts.masks ? [element('div', { className: 'sliders' }, this.#places())] : []),
      element('div', { className: 'pair' }, [figure(this.#before, 'before'), figure(this.#after, 'after')]),
    ];
  }

  #drop(): HTMLElement {
    const input = element('input', { type: 'file', accept: 'image/*', id: 'picture' });
    input.addEventListener('change', () => this.#open(input.files?.[0]));
    return element('label', { className: 'drop', htmlFor: 'picture' }, [
      'Drop a picture here, or choose one',
      input,
    ]);
  }

  #sides(): HTMLElement {
    const options = SIDES.map((side) => [side, `${side} pixels`] as const);
    return choice('Longest side', { options, chosen: this.#fit.most }, (most) => {
      this.#fit = { ...this.#fit, most };
      this.redraw();
    });
  }

  #places(): HTMLElement[] {
    const places = [
      ['Hole, left to right', 'x'],
      ['Hole, top to bottom', 'y'],
      ['Hole, size', 'size'],
    ] as const;
    return places.map(([label, key]) => {
      const range = { min: 0.05, max: 0.95, step: 0.01, value: this.#hole[key] };
      return slider(label, range, (value) => {
        this.#hole[key] = value;
        this.redraw();
      }).row;
    });
  }

  #say(text: string): void {
    this.#status.textContent = text;
  }

  /** Runs the model on a picture as it is now. */
  async #make(picture: Picture): Promise<void> {
    const { channels = 3, masks = false } = this.#model.facts.facts;
    const images = numbersOf(pixelsOf(picture, extentFor(picture, this.#fit)), channels);
    const mask = masks ? maskOf(this.#hole, images) : null;
    draw(this.#before, mask ? without(images, mask) : images);
    draw(this.#after, await this.#model.run({ images, ...(mask && { masks: mask }) }));
  }

  async #opened(file: Blob): Promise<void> {
    this.#hold();
    const asked = ++this.#asked;
    const source = await createImageBitmap(file).catch(() => null);
    if (asked !== this.#asked) return;
    if (!source) {
      this.#say('This file is no picture that the browser can read: try a PNG or JPEG.');
      return;
    }
    const { width, height } = source;
    this.#picture = { source, width, height };
    this.#say(`${width} × ${height} pixels`);
    this.redraw();
  }

  #open(file: Blob | undefined): void {
    if (file) void this.#opened(file);
  }

  /** Turns the camera on, or off. */
  #turn(): void {
    if (this.#camera) {
      this.#hold();
      this.#say('Held: the last frame of the camera.');
      this.redraw();
      return;
    }
    this.#live().catch((error: unknown) => {
      this.#hold();
      this.#say(lineOf(error));
    });
  }

  /** Turns the camera off; its last frame stays. */
  #hold(): void {
    if (!this.#camera) return;
    if (this.#picture) this.#picture = still(this.#picture);
    this.#camera.stop();
    this.#camera = null;
    this.#button.textContent = 'Camera';
  }

  async #live(): Promise<void> {
    const asked = ++this.#asked;
    this.#say('Waiting for the camera …');
    const camera = await openCamera(() => {
      this.#hold();
      this.#say('The camera went away: this is its last frame.');
    });
    if (asked !== this.#asked) {
      camera.stop();
      return;
    }
    this.#camera = camera;
    this.#button.textContent = 'Hold this frame';
    const { video } = camera;
    this.#say(`Live, of the camera’s ${video.videoWidth} × ${video.videoHeight} pixels`);
    await this.#follow(camera);
  }

  /** Makes an image of one frame after the other, as fast as the model is. */
  async #follow(camera: Camera): Promise<void> {
    let last = performance.now();
    while (this.#camera === camera) {
      const { video } = camera;
      this.#picture = { source: video, width: video.videoWidth, height: video.videoHeight };
      await this.#make(this.#picture);
      // Hidden pages have no frames: nothing is made that nobody sees.
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const now = performance.now();
      if (this.#camera === camera) this.#told(1, now - last);
      last = now;
    }
  }
}
