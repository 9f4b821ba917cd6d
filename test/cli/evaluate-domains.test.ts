import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writePairs } from './tiny-domains';
import { differences, TranslationRuns } from './translation-runs';

const runs = new TranslationRuns();
beforeAll(async () => {
  runs.begin();
  await runs.trainDomains();
  await writePairs(runs.at('pairs'), { train: 2, test: 6 });
});
afterAll(() => runs.end());

describe('a model that has learned two domains', () => {
  test('is judged by the features of the other and by labels, beside the copies of its inputs', async () => {
    const { code, stdout } = await runs.evaluate('--checkpoint', runs.at('unpaired'));
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^FID ↓ .*\nFID of the copy of the input ↓ .*\nLabel accuracy ↑ .*\nLabel accuracy of the copy of the input ↑ .*\naccuracyOfClass .*\naccuracyOfClassOfCopy /,
    );
    const [own, copy] = runs.rows('unpaired').slice(-2);
    expect(own.protocol).toMatchObject({
      images: 'outputs of the model',
      direction: 'ab',
      made: 'b of a',
      features: expect.stringMatching(/^classifier-there/),
      real: `folder:${runs.at('there')}`,
      split: 'train',
      realCount: 22,
      inputs: `folder:${runs.at('here')}`,
      inputsSplit: 'test',
      fakeCount: 10,
    });
    expect(differences(own, copy)).toEqual(['batchNorm', 'images', 'precision', 'weights']);
    expect(existsSync(join(runs.at('unpaired'), 'evaluation', 'fake.png'))).toBe(true);
  });

  test('goes the other way with --direction', async () => {
    const { code } = await runs.evaluate(
      '--checkpoint',
      runs.at('unpaired'),
      '--direction',
      'ba',
      '--metrics',
      'accuracy',
    );
    expect(code).toBe(0);
    const [own] = runs.rows('unpaired').slice(-2);
    expect(own.protocol).toMatchObject({
      direction: 'ba',
      made: 'a of b',
      real: `folder:${runs.at('here')}`,
      inputs: `folder:${runs.at('there')}`,
      fakeCount: 8,
    });
  });

  test('gives the row that its training gave, accuracy of some of the inputs included', async () => {
    const [training] = runs.rows('unpaired');
    expect(training).toMatchObject({ source: 'training', metrics: { accuracy: expect.any(Number) } });
    await runs.evaluate('--checkpoint', runs.at('unpaired'), '--metrics', 'accuracy', '--count', '5');
    const row = runs.rows('unpaired').at(-2);
    expect(row?.protocol).toEqual(training.protocol);
    expect(row?.metrics).toEqual(training.metrics);
    expect(row?.details).toEqual(training.details);
  });

  test('is compared with the test split with --split test, by the classifier of what is learned', async () => {
    const [{ protocol }] = runs.rows('unpaired');
    await runs.evaluate('--checkpoint', runs.at('unpaired'), '--metrics', 'fid', '--split', 'test');
    expect(runs.rows('unpaired').at(-2)?.protocol).toMatchObject({
      featuresSha256: protocol.featuresSha256,
      split: 'test',
      inputsSplit: 'test',
      realCount: 8,
    });
  });

  test('is judged by pairs where it is given some', async () => {
    const pairs = ['--dataset', `pairs:${runs.at('pairs')}`, '--metrics', 'l1', '--resolution', '24'];
    const { code } = await runs.evaluate('--checkpoint', runs.at('unpaired'), ...pairs);
    expect(code).toBe(0);
    expect(runs.rows('unpaired').at(-2)?.protocol).toMatchObject({
      resolution: 24,
      real: `pairs:${runs.at('pairs')} (b)`,
    });
  });
});
