import { element, latest, slider } from './dom';
import type { Feeds, Numbers, Running } from './model';
import { draw } from './picture';
import { between, normals, uniforms } from './random';

/** Images at once. */
const COUNT = 16;
/** Numbers of a latent that have a slider. */
const SLIDERS = 12;

/** What makes one image. */
interface Point {
  readonly noise: Float32Array;
  readonly codes: Float32Array;
  label: number;
}

/** Sliders, a class, sixteen images and the way from one seed to another, of a model that takes latents. */
export function latentPage(
  model: Running,
  told: (images: number, milliseconds: number) => void,
): HTMLElement[] {
  const { facts, inputs } = { facts: model.facts.facts, inputs: model.facts.inputs };
  const size = (name: string): number => Number(inputs.find((input) => input.name === name)?.shape[1] ?? 0);
  const [noiseSize, codeSize] = [size('latents'), size('codes')];
  const classes = facts.latent?.classes ?? 0;
  const truncates = inputs.some(({ name }) => name === 'truncation');
  const state = { seed: 1, chosen: -1, psi: truncates ? 0.7 : 1, share: 0, from: 1, to: 2 };
  const point = (seed: number, order: number): Point => {
    const uniform = uniforms(seed + 7919);
    const label = state.chosen >= 0 ? state.chosen : classes > 0 ? order % classes : 0;
    return {
      noise: normals(seed, noiseSize),
      codes: Float32Array.from({ length: codeSize }, () => 2 * uniform() - 1),
      label,
    };
  };
  const run = async (points: readonly Point[]): Promise<Numbers> => {
    const start = performance.now();
    const images = await model.run(feedsOf(points, { codeSize, classes, psi: truncates ? state.psi : null }));
    told(points.length, performance.now() - start);
    return images;
  };

  const pictures = Array.from({ length: COUNT }, (_, i) => {
    const canvas = element('canvas', { width: 1, height: 1 });
    const button = element('button', { type: 'button', className: 'tile' }, [canvas]);
    button.setAttribute('aria-label', `image ${i + 1}: vary it`);
    button.addEventListener('click', () => vary(i));
    return { canvas, button };
  });
  let points: Point[] = [];
  const drawAll = latest(async () => {
    points = Array.from({ length: COUNT }, (_, i) => point(state.seed * 1009 + i, i));
    const images = await run(points);
    for (const [i, { canvas }] of pictures.entries()) draw(canvas, images, i);
  });

  const large = element('canvas', { width: 1, height: 1, className: 'large' });
  let varied: Point = point(1009, 0);
  const drawVaried = latest(async () => draw(large, await run([varied])));
  const coded = codeSize > 0;
  const sliders = Array.from({ length: Math.min(SLIDERS, coded ? codeSize : noiseSize) }, (_, i) =>
    slider(
      coded ? `code ${i + 1}` : `z${i + 1}`,
      { min: coded ? -1 : -3, max: coded ? 1 : 3, step: 0.05, value: 0 },
      (value) => {
        (coded ? varied.codes : varied.noise)[i] = value;
        drawVaried();
      },
    ),
  );
  function vary(index: number): void {
    varied = point(state.seed * 1009 + index, index);
    for (const [i, { set }] of sliders.entries()) set((coded ? varied.codes : varied.noise)[i]);
    for (const [i, { button }] of pictures.entries())
      button.setAttribute('aria-pressed', String(i === index));
    drawVaried();
  }

  const way = element('canvas', { width: 1, height: 1, className: 'large' });
  const drawWay = latest(async () => {
    const [a, b] = [point(state.from * 1009, 0), point(state.to * 1009, 0)];
    const noise = between(a.noise, b.noise, state.share);
    draw(way, await run([{ ...a, noise }]));
  });
  const everything = (): void => {
    drawAll();
    vary(0);
    drawWay();
  };

  const seed = element('input', {
    type: 'number',
    min: '0',
    max: '999999',
    value: '1',
    inputMode: 'numeric',
  });
  seed.addEventListener('change', () => {
    state.seed = Math.max(0, Math.floor(seed.valueAsNumber || 0));
    drawAll();
    vary(0);
  });
  const another = element('button', { type: 'button', textContent: 'Another sixteen', className: 'main' });
  another.addEventListener('click', () => {
    state.seed++;
    seed.value = String(state.seed);
    drawAll();
    vary(0);
  });
  const controls = element('div', { className: 'controls' }, [
    another,
    element('label', {}, [element('span', { textContent: 'Seed' }), seed]),
    ...(classes > 0
      ? [
          classChoice(facts.classNames ?? [], classes, (label) => {
            state.chosen = label;
            everything();
          }),
        ]
      : []),
    ...(truncates
      ? [
          slider('Truncation', { min: 0, max: 1, step: 0.05, value: state.psi }, (psi) => {
            state.psi = psi;
            everything();
          }).row,
        ]
      : []),
  ]);
  const seedOf = (label: string, value: number, set: (value: number) => void) => {
    const input = element('input', {
      type: 'number',
      min: '0',
      max: '999999',
      value: String(value),
      inputMode: 'numeric',
    });
    input.addEventListener('change', () => {
      set(Math.max(0, Math.floor(input.valueAsNumber || 0)));
      drawWay();
    });
    return element('label', {}, [element('span', { textContent: label }), input]);
  };
  everything();
  return [
    section('Sixteen images', 'Choose one to vary it below.', [
      controls,
      element(
        'div',
        { className: 'grid' },
        pictures.map(({ button }) => button),
      ),
    ]),
    section(
      'Vary one',
      coded
        ? 'Each slider is a code that the model has learned.'
        : 'Each slider is one number of the latent.',
      [
        element('div', { className: 'beside' }, [
          large,
          element(
            'div',
            { className: 'sliders' },
            sliders.map(({ row }) => row),
          ),
        ]),
      ],
    ),
    section('Between two seeds', '', [
      element('div', { className: 'beside' }, [
        way,
        element('div', { className: 'sliders' }, [
          seedOf('From seed', 1, (value) => {
            state.from = value;
          }),
          seedOf('To seed', 2, (value) => {
            state.to = value;
          }),
          slider('Way', { min: 0, max: 1, step: 0.01, value: 0 }, (share) => {
            state.share = share;
            drawWay();
          }).row,
        ]),
      ]),
    ]),
  ];
}

function classChoice(names: readonly string[], count: number, choose: (label: number) => void): HTMLElement {
  const select = element('select', {}, [
    element('option', { value: '-1', textContent: 'all' }),
    ...Array.from({ length: count }, (_, i) =>
      element('option', { value: String(i), textContent: names[i] ?? String(i) }),
    ),
  ]);
  select.addEventListener('change', () => choose(Number(select.value)));
  return element('label', {}, [element('span', { textContent: 'Class' }), select]);
}

/** A part of the page. */
export function section(title: string, hint: string, children: readonly Node[]): HTMLElement {
  return element('section', {}, [
    element('h2', { textContent: title }),
    ...(hint === '' ? [] : [element('p', { textContent: hint })]),
    ...children,
  ]);
}

function feedsOf(
  points: readonly Point[],
  { codeSize, classes, psi }: { codeSize: number; classes: number; psi: number | null },
): Feeds {
  const count = points.length;
  const joined = (parts: readonly Float32Array[]) => {
    const [{ length }] = parts;
    const data = new Float32Array(count * length);
    for (const [i, part] of parts.entries()) data.set(part, i * length);
    return { data, dims: [count, length] };
  };
  return {
    latents: joined(points.map(({ noise }) => noise)),
    ...(codeSize > 0 && { codes: joined(points.map(({ codes }) => codes)) }),
    ...(classes > 0 && {
      label: { data: BigInt64Array.from(points, ({ label }) => BigInt(label)), dims: [count] },
    }),
    ...(psi !== null && { truncation: { data: Float32Array.of(psi), dims: [] } }),
  };
}
