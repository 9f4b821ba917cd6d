// How unusual images are, by recipes in the state that their PyTorch twins have come to (test/fixtures/recipes/anomaly.py).

import { tensorImages } from '../../src/metrics/image-source';
import { recipes } from '../../src/recipes';
import { parseConfig } from '../../src/recipes/config';
import { keep, scope } from '../../src/tensor/scope';
import type { Tensor } from '../../src/tensor/tensor';
import type { Model } from '../../src/training/model';
import { scoreImages } from '../../src/training/scorer';
import { expectClose } from '../support/close';
import { readFixture } from '../support/fixtures';

function trained(name: string, more: Readonly<Record<string, string>> = {}): Model {
  const fixture = readFixture(`recipes/${name}`);
  const { recipe, set, resolution } = JSON.parse(fixture.metadata.settings);
  const { fields, build } = recipes[recipe];
  const images = { channels: 1, height: resolution, width: resolution, classes: 0 };
  const model = build(parseConfig(fields, { file: { ...set, ...more } }), { images });
  scope(() => {
    for (const [role, network] of Object.entries(model.networks))
      network.loadStateDict(fixture.group(`final.${role}.`));
  });
  return model;
}

/** Scores and maps of the fixture's first images, `batch` at once. */
async function score({ networks, scorer }: Model, name: string, batch: number) {
  if (!scorer) throw new Error('no scorer');
  const fixture = readFixture(`recipes/${name}`);
  const images = keep(
    scope(() =>
      fixture.tensor('images').select(0, 0).to({ device: 'cpu', dtype: 'float32' }).div(127.5).sub(1),
    ),
  );
  const maps: number[] = [];
  try {
    const scores = await scoreImages({
      scorer: { ...scorer, batch },
      networks: scorer.networks.map((each) => networks[each]),
      images: tensorImages(images),
      device: 'cpu',
      onMaps: (some) => maps.push(...Array.from(some.toTypedArray(), Number)),
    });
    return { scores: [...scores], maps };
  } finally {
    images.dispose();
  }
}

test('a score that is not finite is told with its image', async () => {
  const model = trained('ganomaly');
  const scorer = {
    name: 'zero by zero',
    networks: [],
    score: (images: Tensor) => {
      const zero = images.mul(0).sum([1, 2, 3]);
      return { scores: zero.div(zero), maps: images.mul(0) };
    },
  };
  await expect(score({ ...model, scorer }, 'ganomaly', 4)).rejects.toMatchObject({
    code: 'ERR_BAD_FEATURES',
    message: expect.stringContaining('image 0'),
  });
  for (const network of Object.values(model.networks)) network.dispose();
});

test.each(['f-anogan', 'ganomaly', 'anogan', 'cut-paste'])(
  '%s has the scores and maps of its twin, whatever images come together',
  async (name) => {
    const model = trained(name, name === 'cut-paste' ? { score: 'distance' } : {});
    const fixture = readFixture(`recipes/${name}`);
    const training = Object.values(model.networks).map((network) => network.training);
    for (const batch of [4, 3]) {
      const { scores, maps } = await score(model, name, batch);
      scope(() => {
        const expected = fixture.tensor('scores').toArray() as number[];
        for (const [i, value] of expected.entries())
          expect(Math.abs(scores[i] / value - 1)).toBeLessThan(1e-3);
        const wanted = Array.from(fixture.tensor('maps').toTypedArray(), Number);
        expect(maps).toHaveLength(wanted.length);
        expect(Math.max(...wanted.map((value, i) => Math.abs(value - maps[i])))).toBeLessThan(1e-3);
      });
    }
    const frozen = Object.values(model.networks).map((network) => network.frozen);
    expect(frozen).not.toContain(true);
    expect(Object.values(model.networks).map((network) => network.training)).toEqual(training);
    for (const network of Object.values(model.networks)) network.dispose();
  },
);

test('cut-paste judges by the probability that a pixel was pasted', async () => {
  const model = trained('cut-paste');
  expect(model.scorer?.name).toBe('largest mean of p over 1×1 pixels');
  const { scores, maps } = await score(model, 'cut-paste', 4);
  scope(() => {
    const expected = readFixture('recipes/cut-paste').tensor('probabilities');
    const wanted = Array.from(expected.toTypedArray(), Number);
    expect(Math.max(...wanted.map((value, i) => Math.abs(value - maps[i])))).toBeLessThan(1e-3);
    const largest = expected.flatten({ startDim: 1 }).amax(1).toArray() as number[];
    for (const [i, value] of largest.entries()) expect(scores[i]).toBeCloseTo(value, 3);
  });
  for (const network of Object.values(model.networks)) network.dispose();
});

test.each(['scores', 'elbo'])('a VAE has the %s of its twin', async (which) => {
  const [fixture, weights] = [readFixture('recipes/vae-scores'), readFixture('recipes/vae')];
  const { set, resolution } = JSON.parse(weights.metadata.settings);
  const images = { channels: 1, height: resolution, width: resolution, classes: 0 };
  const { fields, build } = recipes.vae;
  const score = which === 'elbo' ? 'elbo' : 'reconstruction';
  const { networks, scorer } = build(parseConfig(fields, { file: { ...set, score } }), { images });
  scope(() => {
    for (const [role, network] of Object.entries(networks))
      network.loadStateDict(weights.group(`initial.${role}.`));
    const seen = weights.tensor('images').select(0, 0).float().div(127.5).sub(1);
    const found = scorer?.score(seen, { seed: 0 });
    if (!found) throw new Error('no scorer');
    expectClose(found.scores, fixture.tensor(which), { relative: 1e-4 });
    expectClose(found.maps, fixture.tensor('maps'), { relative: 1e-4 });
  });
  for (const network of Object.values(networks)) network.dispose();
});
