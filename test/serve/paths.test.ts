// What a path may lead to: the runs that are served, and nothing else.
import { mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { GanError } from '../../src/errors';
import { ask, FakeModels, serverTests, smallRun } from './serving';

const { at, serve } = serverTests('paths');

const oneLine = /^[^\n]+\n$/;

describe('what is not there', () => {
  test.each([
    ['/nothing', 404],
    ['/runs/', 404],
    ['/runs/other', 404],
    ['/runs/other/images', 404],
    ['/runs/one/secrets', 404],
    ['/runs/one/samples/step-000300.png', 404],
    ['/runs/one/samples/step-.png', 404],
    ['/runs/one/evaluation/fake.png', 404],
    ['/runs/one/evaluation/other.png', 404],
    ['/runs/one/config.json', 404],
    ['/runs/%zz/images', 400],
    ['/runs/constructor', 404],
    ['/runs/__proto__/images', 404],
  ])('GET %s is %d, in one line', async (path, status) => {
    const { address } = await serve([smallRun(at('one'))], { models: new FakeModels() });
    const answer = await ask(address, path);
    expect([answer.status, answer.text]).toEqual([status, expect.stringMatching(oneLine)]);
  });

  test.each([
    '/../one/config.json',
    '/runs/../../etc/passwd',
    '/runs/..%2f..%2fetc%2fpasswd/images',
    '/runs/one/samples/..%2f..%2fconfig.json',
    '/runs/one/samples/%2e%2e/%2e%2e/config.json',
    '/runs/one/samples/step-000100.png%00.txt',
    '//one/config.json',
    'http://127.0.0.1/runs',
  ])('no path leads out of a run: %s', async (path) => {
    const { address } = await serve([smallRun(at('one'))], { models: new FakeModels() });
    const answer = await ask(address, path);
    expect([400, 404]).toContain(answer.status);
    expect(answer.text).not.toContain('settings');
  });

  test('a run whose folder is gone is 410, and comes back with it', async () => {
    const run = smallRun(at('one'));
    const { address } = await serve([run], { models: new FakeModels() });
    renameSync(run, at('away'));
    for (const path of ['/runs/one', '/runs/one/images', '/runs/one/samples/step-000100.png']) {
      const answer = await ask(address, path);
      expect([answer.status, answer.text]).toEqual([
        410,
        'run one is gone: its folder was removed or renamed\n',
      ]);
    }
    const { runs } = JSON.parse((await ask(address, '/runs')).text);
    expect(runs).toMatchObject([{ id: 'one', status: 'gone' }]);
    renameSync(at('away'), run);
    expect((await ask(address, '/runs/one')).status).toBe(200);
  });

  test('a run that is gone while its model works is an error in one line', async () => {
    const run = smallRun(at('one'));
    const models = new FakeModels();
    models.images = async () => {
      rmSync(run, { recursive: true });
      throw new GanError('ERR_NO_RUN', 'expected a run\nbut it has none');
    };
    const { address } = await serve([run], { models });
    const answer = await ask(address, '/runs/one/images');
    expect([answer.status, answer.text]).toEqual([404, 'expected a run but it has none\n']);
    expect((await ask(address, '/runs')).status).toBe(200);
  });
});

describe('links', () => {
  test.each(['config.json', 'metrics.jsonl', 'samples', 'evaluation', 'checkpoints', 'best'])(
    'a run whose %s leads out of it is not served',
    async (name) => {
      const run = smallRun(at('one'));
      writeFileSync(at('secret.json'), '{"settings":{"recipe":"secret"}}');
      mkdirSync(at('elsewhere'));
      rmSync(at('one', name), { recursive: true, force: true });
      symlinkSync(/\./.test(name) ? at('secret.json') : at('elsewhere'), at('one', name));
      const { address } = await serve([run], { models: new FakeModels() });
      for (const path of ['/runs/one', '/runs/one/images', '/runs/one/samples/step-000100.png']) {
        const answer = await ask(address, path);
        expect([answer.status, answer.text]).toEqual([
          403,
          expect.stringContaining(`${name} of this run is a link`),
        ]);
      }
      const list = (await ask(address, '/runs')).text;
      expect(list).not.toContain('"recipe":"secret"');
      expect(list).not.toContain('secret ·');
    },
  );

  test('a picture that is a link is none, wherever it leads', async () => {
    const run = smallRun(at('one'));
    writeFileSync(at('secret.png'), 'secret');
    symlinkSync(at('secret.png'), at('one', 'samples', 'step-000300.png'));
    const { address } = await serve([run]);
    expect((await ask(address, '/runs/one/samples/step-000300.png')).status).toBe(404);
  });

  test('a checkpoint that leads out is not loaded', async () => {
    const run = smallRun(at('one'));
    mkdirSync(at('one', 'checkpoints'));
    mkdirSync(at('elsewhere'));
    symlinkSync(at('elsewhere'), at('one', 'checkpoints', 'step-000001'));
    const models = new FakeModels();
    const { address } = await serve([run], { models });
    const answer = await ask(address, '/runs/one/images');
    expect([answer.status, answer.text]).toEqual([403, expect.stringContaining('leads out of it')]);
    expect(models.asked).toEqual([]);
  });

  test('a checkpoint that leads out is not loaded either where it came while the request waited', async () => {
    const run = smallRun(at('one'));
    mkdirSync(at('one', 'checkpoints'));
    mkdirSync(at('elsewhere'));
    const models = new FakeModels();
    let release = () => {};
    models.hold = new Promise((resolve) => {
      release = resolve;
    });
    const { address } = await serve([run], { models, limits: { inWork: 1 } });
    const first = ask(address, '/runs/one/images');
    while (models.asked.length < 1) await new Promise((resolve) => setTimeout(resolve, 5));
    const second = ask(address, '/runs/one/images');
    // Whatever is sent later on another connection is answered later: now the second one waits.
    await ask(address, '/runs');
    symlinkSync(at('elsewhere'), at('one', 'checkpoints', 'step-000001'));
    release();
    expect((await first).status).toBe(200);
    expect((await second).status).toBe(403);
    expect(models.asked).toHaveLength(1);
  });

  test('in a folder of runs a link that leads out of it is no run', async () => {
    smallRun(at('runs', 'mine'));
    smallRun(at('theirs'));
    symlinkSync(at('theirs'), at('runs', 'theirs'));
    const { address } = await serve([at('runs')]);
    const { runs } = JSON.parse((await ask(address, '/runs')).text);
    expect(runs.map(({ id }: { id: string }) => id)).toEqual(['mine']);
  });
});
