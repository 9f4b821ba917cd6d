import type { TensorRecords } from '../../src/io/safetensors';
import type { OwnTensors } from '../../src/training/match-weights';
import { renameTensors } from '../../src/training/rename-weights';

/** Tensors of shapes, by name; their numbers do not matter. */
function source(shapes: Readonly<Record<string, readonly number[]>>): TensorRecords {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { dtype: 'F32', shape, bytes: new Uint8Array() }]),
  );
}

/** A network's tensors; those that are called `running…` or `_u` are buffers. */
function own(shapes: Readonly<Record<string, readonly number[]>>): OwnTensors {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { shape, learned: !/running|_u$|_v$/.test(name) }]),
  );
}

test('names of which none fits, in no order that fits, stay', () => {
  const tensors = source({ 'a.weight': [1, 2], 'b.weight': [3] });
  for (const network of [own({ 'x.weight': [2, 1] }), own({ 'x.weight': [3], 'y.weight': [1, 2] }), own({})])
    expect(renameTensors(tensors, network)).toEqual({ tensors, names: {}, fits: 0 });
});

test('names that fit stay, whatever else would', () => {
  const tensors = source({ '0.weight': [2, 2], '1.weight': [2, 2] });
  const { names, fits } = renameTensors(
    tensors,
    own({ '0.weight': [2, 2], '1.weight': [2, 2], '2.weight': [1] }),
  );
  expect([names, fits]).toEqual([{}, 2]);
});

test('what all names begin with is taken off, and what all of the network’s begin with is put on', () => {
  const shapes = { '0.weight': [4, 3], '1.running_mean': [4], '1.weight': [4] };
  const within = (prefix: string) =>
    Object.fromEntries(Object.entries(shapes).map(([name, shape]) => [prefix + name, shape]));
  expect(renameTensors(source(within('generator.main.')), own(shapes))).toMatchObject({
    names: {
      '0.weight': 'generator.main.0.weight',
      '1.running_mean': 'generator.main.1.running_mean',
      '1.weight': 'generator.main.1.weight',
    },
    fits: 2,
  });
  const put = renameTensors(source(within('main.')), own(within('layers.body.')));
  expect(put.names['layers.body.0.weight']).toBe('main.0.weight');
  expect(put.fits).toBe(2);
});

test('layers with weights of the same shapes in the same order are the same, whatever they are called', () => {
  const tensors = source({
    'conv1.weight': [4, 3],
    'conv1.bias': [4],
    'norm1.weight': [4],
    'norm1.running_mean': [4],
    'head.weight': [1, 4],
    step: [],
  });
  const {
    names,
    fits,
    tensors: found,
  } = renameTensors(
    tensors,
    own({
      '0.weight': [4, 3],
      '0.bias': [4],
      '1.weight': [4],
      '1.running_mean': [4],
      '3.weight': [1, 4],
      '3.bias': [1],
    }),
  );
  expect(names).toEqual({
    '0.weight': 'conv1.weight',
    '0.bias': 'conv1.bias',
    '1.weight': 'norm1.weight',
    '1.running_mean': 'norm1.running_mean',
    '3.weight': 'head.weight',
  });
  expect(fits).toBe(4);
  expect(Object.keys(found)).toEqual([...Object.keys(names), 'step']);
});

test('PyTorch’s first spectral norm has other names for the same', () => {
  const tensors = source({
    'main.0.bias': [4],
    'main.0.weight_orig': [4, 3],
    'main.0.weight_u': [4],
    'main.0.weight_v': [3],
  });
  const { names, fits } = renameTensors(
    tensors,
    own({
      '0.bias': [4],
      '0.parametrizations.weight.original': [4, 3],
      '0.parametrizations.weight.0._u': [4],
      '0.parametrizations.weight.0._v': [3],
    }),
  );
  expect(names['0.parametrizations.weight.original']).toBe('main.0.weight_orig');
  expect([Object.keys(names).length, fits]).toEqual([4, 2]);
});
