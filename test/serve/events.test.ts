import { appendFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { evaluationLine } from '../../src/report/evaluations';
import { noisePng } from '../report/page/run-fixture';
import { row } from '../report/rows';
import { ask, openEvents, serverTests, smallRun } from './serving';

const { at, serve } = serverTests('events');

test('one page more than may be open gets 503', async () => {
  const { address } = await serve([smallRun(at('one'))], { limits: { streams: 1 } });
  const first = openEvents(address, '/events');
  await first.next('runs');
  const refused = await ask(address, '/events');
  expect([refused.status, refused.text]).toEqual([503, '1 pages are open, as many as may be: close one\n']);
  first.close();
  let status = 503;
  while (status === 503) status = (await ask(address, '/events', { method: 'HEAD' })).status;
  expect(status).toBe(200);
});

test('a page that names runs that there are not gets none of them', async () => {
  const { address } = await serve([smallRun(at('one'))]);
  const stream = openEvents(address, '/events?runs=other,..%2f..,one');
  await stream.next('grids');
  expect(new Set(stream.events.flatMap(({ data }) => data.id ?? []))).toEqual(new Set(['one']));
  stream.close();
});

test('at first it is told everything: a line for each run, and all of those that it names', async () => {
  smallRun(at('runs', 'a'), 3);
  smallRun(at('runs', 'b'));
  const { address } = await serve([at('runs')]);
  const stream = openEvents(address, '/events?runs=a');
  const runs = await stream.next('runs');
  expect(runs.data).toMatchObject([
    { id: 'a', steps: '30 of 600' },
    { id: 'b', steps: '50 of 600' },
  ]);
  const curves = await stream.next('curves');
  expect(curves.data).toMatchObject({ id: 'a', curves: { D: { x: [10, 20, 30] } } });
  const details = await stream.next('details');
  expect(details.data.head).toContain('<h1>a</h1>');
  const grids = await stream.next('grids');
  expect(grids.data.grids).toMatchObject([
    {
      step: 100,
      width: 40,
      height: 40,
      source: expect.stringMatching(/^\/runs\/a\/samples\/step-000100\.png\?v=/),
    },
    { step: 200 },
  ]);
  stream.close();
});

test('then what comes since: lines, grids, evaluations, notes, runs, and what is gone', async () => {
  const run = smallRun(at('runs', 'a'), 3);
  const { address } = await serve([at('runs')]);
  const stream = openEvents(address, '/events?runs=a');
  await stream.next('grids');
  appendFileSync(at('runs', 'a', 'metrics.jsonl'), '{"step":40,"D":7}\n');
  expect((await stream.next('lines')).data).toEqual({ id: 'a', lines: [{ step: 40, D: 7 }] });
  expect((await stream.next('head')).data.head).toContain('40 of 600');
  writeFileSync(at('runs', 'a', 'samples', 'step-000300.png'), noisePng(3));
  const grids = await stream.next('grids', ({ data }) => (data.grids as unknown[]).length === 3);
  expect(grids.data.grids).toMatchObject([{ step: 100 }, { step: 200 }, { step: 300 }]);
  appendFileSync(at('runs', 'a', 'evaluations.jsonl'), evaluationLine(row(40, { metrics: { fid: 12.5 } })));
  const judged = await stream.next('details', ({ data }) => (data.charts as unknown[]).length > 0);
  expect(judged.data.metrics).toContain('FID');
  // Half a picture is none yet.
  writeFileSync(at('runs', 'a', 'samples', 'step-000400.png'), noisePng(4).subarray(0, 200));
  appendFileSync(at('runs', 'a', 'metrics.jsonl'), '{"step":20,"D":5}\n');
  const again = await stream.next('curves', ({ data }) => JSON.stringify(data).includes('[10,20]'));
  expect(again.data).toMatchObject({ curves: { D: { x: [10, 20] } } });
  smallRun(at('runs', 'b'));
  await stream.next('runs', ({ data }) => JSON.stringify(data).includes('"id":"b"'));
  renameSync(run, at('away'));
  await stream.next('runs', ({ data }) => JSON.stringify(data).includes('"status":"gone"'));
  expect(stream.events.some(({ data }) => JSON.stringify(data).includes('"step":400,"width"'))).toBe(false);
  stream.close();
});

test('text of a run cannot become markup', async () => {
  const hostile = '<img src=x onerror=alert(1)>';
  smallRun(at('one'));
  writeFileSync(at('one', 'config.json'), JSON.stringify({ settings: { recipe: hostile }, device: hostile }));
  const { address } = await serve([at('one')]);
  const stream = openEvents(address, '/events?runs=one');
  const { data } = await stream.next('details');
  expect(`${data.head}${data.rest}`).toContain('&lt;img src=x');
  expect(`${data.head}${data.rest}`).not.toContain('<img src=x');
  stream.close();
});

test('a run whose files are of another kind than expected does not end the page of the others', async () => {
  smallRun(at('runs', 'a'));
  smallRun(at('runs', 'b'));
  writeFileSync(
    at('runs', 'a', 'config.json'),
    '{"settings":{"steps":"many","recipe":{"a":1}},"batch":[],"topology":3}',
  );
  writeFileSync(at('runs', 'a', 'evaluations.jsonl'), '{"step":1,"metrics":{"fid":null,"kid":"x"}}\n[]\n');
  const { address } = await serve([at('runs')]);
  const stream = openEvents(address, '/events?runs=a,b');
  await stream.next('grids', ({ data }) => data.id === 'b');
  await stream.next('details', ({ data }) => data.id === 'a');
  stream.close();
});

test('a client that does not read holds nobody up, gets no queue, and is cut off at last', async () => {
  const run = smallRun(at('one'));
  // More in an event than the system keeps for a client.
  const fill = (round: number) =>
    writeFileSync(
      at('one', 'config.json'),
      JSON.stringify({ topology: { generator: `${round}`.repeat(8 << 20) } }),
    );
  fill(0);
  const server = await serve([run], { limits: { readMs: 1_000 } });
  const { hostname, port } = new URL(server.address);
  const slow = connect(Number(port), hostname, () =>
    slow.write('GET /events?runs=one HTTP/1.1\r\nHost: localhost\r\n\r\n'),
  );
  slow.on('error', () => {});
  slow.pause();
  const stream = openEvents(server.address, '/events');
  await stream.next('runs');
  // It is held, and not dropped at once.
  expect(server.viewers).toBe(2);
  for (let round = 1; server.viewers === 2; round++) {
    fill(round % 10);
    await new Promise((resolve) => setTimeout(resolve, 500));
  }
  expect(server.viewers).toBe(1);
  slow.destroy();
  stream.close();
});

test('at the end pages are told why', async () => {
  const server = await serve([smallRun(at('one'))]);
  const stream = openEvents(server.address, '/events');
  await stream.next('runs');
  await server.close('enough for today');
  expect((await stream.next('end')).data).toEqual({ reason: 'enough for today' });
});
