import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  exportOnnx,
  exportSafetensors,
  exportTorchScript,
  exportWeb,
  load,
  randn,
  readSafetensors,
  ScriptModule,
  scope,
} from '../../src';
import { latentTask } from '../../src/export/latent-task';
import { latentSize } from '../../src/training/latent';
import { requireLatents } from '../../src/training/load';
import { styledTests } from '../cli/styled-runs';
import { expectClose } from '../support/close';
import { exportedOf, FLOATS } from '../support/exporting';
import { failure, usage } from '../support/failure';
import { SMALL } from '../support/small-recipes';

const { runs, at } = styledTests();
type Loaded = Awaited<ReturnType<typeof load>>;

async function withModel<T>(run: string, body: (model: Loaded) => Promise<T>): Promise<T> {
  const model = await load(run, { device: 'cpu' });
  try {
    return await body(model);
  } finally {
    model.dispose();
  }
}

describe('refused, and nothing is written', () => {
  test.each<[string, (model: Loaded) => Promise<unknown>, string]>([
    [
      'an opset that there is not',
      (model) => exportOnnx(model, at('a.onnx'), { opset: 12 }),
      'expects opset to be 17 or 18 but received 12',
    ],
    [
      'a precision that there is not',
      (model) => exportOnnx(model, at('a.onnx'), { precision: 'float8' as 'float16' }),
      "precision to be one of 'float32', 'float16' but received 'float8'",
    ],
    [
      'pixels that there are not',
      (model) => exportTorchScript(model, at('a.pt'), { pixels: 'bytes' as 'uint8' }),
      "pixels to be one of 'float', 'uint8' but received 'bytes'",
    ],
    [
      'a direction of a model that takes latents',
      (model) => exportWeb(model, at('page'), { direction: 'ab' }),
      'direction is of models that take images in, but this one takes latents: leave it out',
    ],
    [
      'layers of a w that there is not',
      (model) => exportOnnx(model, at('a.onnx'), { truncationLayers: 2 }),
      'truncationLayers is of models with an intermediate latent w',
    ],
  ])('%s', async (_, write, message) => {
    await withModel(runs.other, async (model) => {
      await expect(write(model)).rejects.toThrow(usage(message));
    });
    expect(readdirSync(at())).toEqual([]);
  });

  test('a file in a folder that is not there', async () => {
    await withModel(runs.other, async (model) => {
      const refused = failure('ERR_CANNOT_WRITE', 'model.onnx');
      await expect(exportOnnx(model, at('none', 'model.onnx'))).rejects.toThrow(refused);
      const script = exportTorchScript(model, at('none', 'model.pt'));
      await expect(script).rejects.toThrow(failure('ERR_CANNOT_WRITE', 'model.pt'));
    });
  });
});

test('a model as ONNX tells its inputs, outputs and how near it is', async () => {
  const { bytes, inputs, outputs, parity, notes } = await withModel(runs.other, (model) =>
    exportOnnx(model, at('model.onnx')),
  );
  expect(readFileSync(at('model.onnx'))).toHaveLength(bytes);
  expect(inputs).toMatchObject([{ name: 'latents', type: 'float' }]);
  expect(outputs).toMatchObject([{ name: 'images', shape: ['N', 1, 16, 16] }]);
  expect(parity).toMatchObject({ holds: true, tolerance: 1e-4 });
  expect(notes).toEqual([]);
});

test('a page has the title that was asked for', async () => {
  const { files, parity } = await withModel(runs.other, (model) =>
    exportWeb(model, at('page'), { title: 'Small faces' }),
  );
  expect(files.filter(({ file }) => !existsSync(at('page', file)))).toEqual([]);
  expect(parity?.holds).toBe(true);
  expect(JSON.parse(readFileSync(at('page', 'model.json'), 'utf8')).title).toBe('Small faces');
});

describe('names of classes are of models that take a label of the data', () => {
  const classNames = ['bird', 'cat', 'dog'];

  test.each([
    ['cgan', 'the class of each image, 0 to 2 (bird, cat, dog)', { classNames }],
    ['infogan', "a code of the model's own, 0 to 3", {}],
  ])('%s', (name, description, named) => {
    const small = SMALL.find((each) => each.recipe === name);
    if (!small) throw new Error(`no small recipe ${name}`);
    const { model, dispose } = exportedOf(small);
    const { networks, sampler } = model;
    if (sampler?.takes !== 'latents') throw new Error(`${name} takes no latents`);
    const { inputs, facts } = latentTask({ networks, classNames }, sampler, FLOATS);
    expect(inputs[1]).toMatchObject({ name: 'label', description });
    expect(facts).toEqual({ takes: 'latents', latent: sampler.latent, ...named });
    dispose();
  });

  test('no other file has them', async () => {
    await withModel(runs.other, async (model) => {
      const named = { ...model, classNames };
      await exportOnnx(named, at('model.onnx'));
      await exportSafetensors(named, at('weights'));
    });
    for (const file of [at('model.onnx'), at('weights', 'config.json')])
      expect(readFileSync(file).includes('classNames')).toBe(false);
  });
});

test('TorchScript makes of latents what the model makes of them', async () => {
  await withModel(runs.other, async (model) => {
    const { inputs, outputs, bytes } = await exportTorchScript(model, at('model.pt'));
    expect([inputs, outputs]).toEqual([['latents'], ['images']]);
    expect(readFileSync(at('model.pt'))).toHaveLength(bytes);
    const script = new ScriptModule(at('model.pt'));
    scope(() => {
      const latents = randn([3, latentSize(requireLatents(model).latent)]);
      const [images] = Object.values(script.run(latents));
      expectClose(images, model.run({ latents }));
    });
    script.dispose();
  });
});

test('weights never take the place of a run’s files', async () => {
  const checkpoint = join(runs.other, 'checkpoints', 'step-000001');
  const before = [runs.other, checkpoint].map((folder) => readdirSync(folder));
  await withModel(runs.other, async (model) => {
    for (const folder of [runs.other, checkpoint])
      await expect(exportSafetensors(model, folder)).rejects.toEqual(
        usage(`exportSafetensors expects a folder of its own, but ${folder} is a run or a checkpoint`),
      );
  });
  expect([runs.other, checkpoint].map((folder) => readdirSync(folder))).toEqual(before);
});

test('the folder of weights loads into the network by PyTorch’s names', async () => {
  await withModel(runs.other, async (model) => {
    const [{ file, tensors }] = await exportSafetensors(model, at('weights'));
    const state = await readSafetensors(join(at('weights'), file));
    scope(() => {
      const own = model.networks.generator.stateDict();
      expect(Object.keys(state)).toEqual(Object.keys(own));
      expect(tensors).toBe(Object.keys(own).length);
      for (const [name, tensor] of Object.entries(own)) expectClose(state[name], tensor);
      model.networks.generator.loadStateDict(state);
    });
    for (const tensor of Object.values(state)) tensor.dispose();
  });
});
