import type { TensorRecords } from '../../src/io/safetensors';
import { fitNames } from '../../src/training/fit-names';
import type { Wanted } from '../../src/training/match-weights';
import type { Weights } from '../../src/training/weights';
import { usage } from '../support/failure';

type Shapes = Readonly<Record<string, readonly number[]>>;

function records(shapes: Shapes): TensorRecords {
  return Object.fromEntries(
    Object.entries(shapes).map(([name, shape]) => [name, { dtype: 'F32', shape, bytes: new Uint8Array() }]),
  );
}

function weights(held: Weights['held']): Weights {
  return { source: '/w.pth', step: null, sha256: '', held, notes: [] };
}

const inFile = (name: string, shapes: Shapes) => weights({ by: 'file', name, tensors: records(shapes) });
const inDicts = (dicts: Readonly<Record<string, Shapes>>) =>
  weights({
    by: 'dicts',
    dicts: Object.fromEntries(Object.entries(dicts).map(([key, shapes]) => [key, records(shapes)])),
  });

function wanted(networks: Readonly<Record<string, Shapes>>): Wanted {
  const own = Object.entries(networks).map(([name, shapes]) => [
    name,
    Object.fromEntries(Object.entries(shapes).map(([tensor, shape]) => [tensor, { shape, learned: true }])),
  ]);
  return { networks: Object.fromEntries(own), alone: false, others: [] };
}

const pair = wanted({ generator: { '0.weight': [4, 3] }, discriminator: { '0.weight': [1, 4] } });

test('a file that fits two networks alike under other names is refused, with how to say which', () => {
  const twins = wanted({ encoder: { '0.weight': [2] }, decoder: { '0.weight': [2] } });
  expect(() => fitNames(inFile('net', { 'main.0.weight': [2] }), twins)).toThrow(
    usage('fits encoder and decoder alike: say which it is for, as FILE:encoder'),
  );
  const named = fitNames(inFile('decoder', { 'main.0.weight': [2] }), twins);
  expect(named.renamed).toEqual({ decoder: { '0.weight': 'main.0.weight' } });
});

test('two state dicts that fit one network are refused, with their keys', () => {
  const both = inDicts({ netG: { 'main.0.weight': [4, 3] }, average: { 'main.0.weight': [4, 3] } });
  expect(() => fitNames(both, pair)).toThrow(usage('has netG and average, which both fit generator'));
});

test('weights of checkpoints, names that fit, and what fits nowhere are left as they are', () => {
  const given = [
    weights({ by: 'network', networks: { netG: records({ 'main.0.weight': [4, 3] }) } }),
    inFile('g', { '0.weight': [4, 3], 'main.0.weight': [1, 4] }),
    inFile('g', { 'generator.0.weight': [4, 3] }),
    inFile('g', { 'main.0.weight': [7] }),
  ];
  for (const each of given) expect(fitNames(each, pair)).toEqual({ weights: each, renamed: {} });
});

test('names that begin with a network’s or another word each go to the network that they fit', () => {
  const file = inFile('lightning', {
    'g.model.0.weight': [4, 3],
    'discriminator.model.0.weight': [1, 4],
    'loss.w': [9],
  });
  const { weights: fitted, renamed } = fitNames(file, pair);
  expect(fitted.held).toEqual({
    by: 'network',
    networks: {
      generator: records({ '0.weight': [4, 3] }),
      discriminator: records({ '0.weight': [1, 4] }),
      loss: records({ w: [9] }),
    },
  });
  expect(renamed).toEqual({
    generator: { '0.weight': 'g.model.0.weight' },
    discriminator: { '0.weight': 'discriminator.model.0.weight' },
  });
});

test('a first part of names that fits less than half of a network is left as it is', () => {
  const large = wanted({ generator: { '0.weight': [4], '1.weight': [5], '2.weight': [6] } });
  const file = inFile('net', { 'a.0.weight': [4], 'b.7.weight': [9] });
  expect(fitNames(file, large)).toEqual({ weights: file, renamed: {} });
});

test('a first part of names that fits a little of two networks alike does not keep the others from theirs', () => {
  const bias = [4];
  const both = wanted({
    generator: { '0.weight': [4, 3], '0.bias': bias, '1.weight': [4, 4] },
    discriminator: { '0.weight': [4, 1], '0.bias': bias, '1.weight': [1, 4] },
  });
  const { renamed } = fitNames(
    inFile('lightning', {
      'g.0.weight': [4, 3],
      'g.0.bias': bias,
      'g.1.weight': [4, 4],
      'perceptual.0.weight': [4, 9],
      'perceptual.0.bias': bias,
    }),
    both,
  );
  expect(Object.keys(renamed)).toEqual(['generator']);
});

test('state dicts go to the networks that they fit, by their keys or by their shapes', () => {
  const dicts = inDicts({
    netD: { 'main.0.weight': [1, 4] },
    netG: { 'main.0.weight': [4, 3] },
    other: { x: [9] },
  });
  const { weights: fitted, renamed } = fitNames(dicts, pair);
  expect(fitted.held).toEqual({
    by: 'network',
    networks: {
      discriminator: records({ '0.weight': [1, 4] }),
      generator: records({ '0.weight': [4, 3] }),
      other: records({ x: [9] }),
    },
  });
  expect(renamed).toEqual({
    discriminator: { '0.weight': 'main.0.weight' },
    generator: { '0.weight': 'main.0.weight' },
  });
});
