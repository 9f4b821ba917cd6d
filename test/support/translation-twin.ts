import type { DataSpecs, ImageSpec } from '../../src/data/dataset';
import type { Loader } from '../../src/data/loader';
import { UsageError } from '../../src/errors';
import { recipes } from '../../src/recipes';
import { parseConfig } from '../../src/recipes/config';
import type { TrainingLength } from '../../src/recipes/recipe';
import { leakyRelu } from '../../src/tensor/activations';
import { setKernels } from '../../src/tensor/device';
import { conv2d } from '../../src/tensor/functional';
import { keep, scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import { Trainer } from '../../src/training/trainer';
import { expectClose } from './close';
import { readFixture } from './fixtures';
import { reportsOf } from './training';

/** What a fixture of test/fixtures/recipes/translation.py, restoration.py or inpainting.py was made with. */
interface Settings {
  readonly recipe: string;
  readonly set: Readonly<Record<string, unknown>>;
  readonly steps: number;
  readonly seed: number;
}

/** Images [batches, N, C, H, W] by their names in batches: bytes, or numbers as they are. */
export type Domains = Readonly<Record<string, Tensor>>;

/** A loader that gives the batches of all names in turn, around and around. */
export function domainLoader(domains: Domains): Loader {
  const [first] = Object.values(domains);
  const [batchesPerEpoch, batch] = first.shape;
  let index = 0;
  const epoch = () => Math.floor(index / batchesPerEpoch);
  return {
    name: 'fixture',
    specs: specsOf(domains),
    batch,
    batchesPerEpoch,
    get epoch() {
      return epoch();
    },
    next: async () => {
      const at = index++ % batchesPerEpoch;
      const image = (images: Tensor) =>
        scope(() => {
          const chosen = images.select(0, at);
          return images.dtype === 'uint8' ? chosen.float().div(127.5).sub(1) : chosen.clone();
        });
      return Object.fromEntries(Object.entries(domains).map(([name, images]) => [name, image(images)]));
    },
    state: () => ({ index }),
    start: () => ({ index: 0 }),
    setState: (state) => {
      index = Number(state.index);
    },
    to: (device) => {
      if (device !== 'cpu')
        throw new UsageError(`expected the CPU, whose numbers PyTorch drew, not ${device}`);
    },
    dispose: () => undefined,
  };
}

function specsOf(domains: Domains): DataSpecs {
  const spec = ({ shape: [, , channels, height, width] }: Tensor): ImageSpec => ({
    channels,
    height,
    width,
    classes: 0,
  });
  return Object.fromEntries(Object.entries(domains).map(([name, images]) => [name, spec(images)]));
}

/** Maps of convolutions with these weights, before their leaky ReLUs; undefined without any. */
function perceiverOf(weights: readonly Tensor[]): TrainingLength['perceive'] {
  if (weights.length === 0) return undefined;
  return (images) => {
    const maps: Tensor[] = [];
    for (const weight of weights) {
      const before = maps.at(-1);
      const input = before ? leakyRelu(before, 0.1) : images;
      maps.push(conv2d(input, weight, null, { stride: 2, padding: 1 }));
    }
    return maps;
  };
}

/**
 * Trains a recipe for images of images from a fixture's weights on its batches, with the trainer's own draws, and expects PyTorch's
 * losses within 1e-3, relative to each, and the final weights of the networks that make images within 1e-2, biases apart that norms undo.
 */
export async function expectTranslationTwin(file: string): Promise<void> {
  const fixture = readFixture(`recipes/${file}`);
  const { recipe: name, set, steps, seed }: Settings = JSON.parse(fixture.metadata.settings);
  const images = (name: string) => scope(() => fixture.tensor(name).to({ device: 'cpu' }));
  const told = fixture.names.filter((name) => name.startsWith('batch.'));
  const domains: Domains =
    told.length > 0
      ? Object.fromEntries(told.map((name) => [name.slice('batch.'.length), images(name)]))
      : { a: images('a'), b: images('b') };
  const { fields, build } = recipes[name];
  const weights = scope(() =>
    Object.values(fixture.group('features.')).map((weight) => keep(weight.to({ device: 'cpu' }))),
  );
  const perceive = perceiverOf(weights);
  const model = build(parseConfig(fields, { file: set }), specsOf(domains), { steps, perceive });
  scope(() => {
    for (const [role, network] of Object.entries(model.networks))
      network.loadStateDict({ ...network.stateDict(), ...fixture.group(`initial.${role}.`) });
  });
  const trainer = new Trainer({
    ...model,
    device: 'cpu',
    precision: 'fp32',
    memoryFormat: 'contiguous',
    seed,
  });
  // Dropout's own kernel draws other numbers than PyTorch does.
  setKernels(false);
  try {
    const reports = await reportsOf(trainer.fit(domainLoader(domains), { steps, logEvery: 1 }));
    scope(() => {
      for (const { name: phase } of model.phases) {
        const expected = fixture.tensor(`losses.${phase}`).toArray() as number[];
        const errors = expected.map((loss, i) => Math.abs(reports[i].losses[phase] / loss - 1));
        expect({ phase, count: reports.length }).toEqual({ phase, count: steps });
        expect({ phase, errors: Math.max(...errors) <= 1e-3 || errors }).toEqual({ phase, errors: true });
      }
      for (const [role, network] of Object.entries(model.networks)) {
        const parameters = new Map(network.namedParameters());
        for (const [key, value] of Object.entries(fixture.group(`final.${role}.`))) {
          const found = parameters.get(key);
          if (!found) throw new Error(`${role} has no parameter ${key}`);
          expectClose(found.double(), value.double(), { relative: 1e-2, label: `${role}.${key}` });
        }
      }
    });
  } finally {
    setKernels(true);
    trainer.dispose();
    for (const each of [...Object.values(domains), ...weights]) each.dispose();
  }
}
