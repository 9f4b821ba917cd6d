import { loadOf } from '../../benchmarks/serve-clients';
import { FakeModels, serverTests, smallRun } from '../serve/serving';

const { at, serve } = serverTests('load');

test('64 clients at once all get their answers', async () => {
  const models = new FakeModels();
  const { address } = await serve([smallRun(at('one'))], { models });
  const load = await loadOf({
    address,
    path: '/runs/one/images?count=1',
    clients: 64,
    seconds: 60,
    most: 400,
  });
  expect([load.errors, load.requests]).toEqual([[], models.asked.length]);
  expect(load.requests).toBeGreaterThanOrEqual(400);
  expect(new Set(models.asked.map(({ query }) => query.seed)).size).toBe(load.requests);
});

test('what goes wrong is told, and counts as no answer', async () => {
  const { address } = await serve([smallRun(at('one'))], {
    models: new FakeModels(),
    limits: { waiting: 1 },
  });
  const load = await loadOf({ address, path: '/runs/none/images?count=1', clients: 2, seconds: 60, most: 4 });
  expect([load.requests, new Set(load.errors)]).toEqual([0, new Set(['status 404'])]);
});
