import { readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { constants, getPriority } from 'node:os';
import { join } from 'node:path';
import { Terminal } from '../../src/cli/terminal';
import { main as train } from '../../src/cli/train';
import { TrainingPage } from '../../src/cli/training-page';
import { ask, openEvents, smallRun, testFolder } from '../serve/serving';
import { filesOf } from '../support/training';
import { FakeHost } from './fakes';
import { tinyMnist, writeTinyMnist } from './tiny-data';

const folder = testFolder('train-serve');
beforeAll(() => writeTinyMnist(folder));
afterAll(() => rmSync(folder, { recursive: true }));

function argv(name: string, ...more: string[]): string[] {
  const data = [...tinyMnist(folder), '--device', 'cpu'];
  const model = ['dcgan', '--set', 'width=4', '--set', 'latentSize=8', '--precision', 'fp32'];
  const pace = ['--steps', '8', '--checkpoint-every', '4', '--sample-every', '4', '--log-every', '1'];
  return [...model, ...data, ...pace, '--out', join(folder, name), ...more];
}

test('what is no port is a wrong call, and nothing is trained', async () => {
  for (const port of ['mnist', '65536', '-1']) {
    const host = new FakeHost();
    expect(await train(argv('none', `--serve=${port}`), host)).toBe(2);
    expect(host.stderr.text).toBe(
      `error: --serve expects a whole number from 0 to 65535, but got "${port}": try --serve 0\n`,
    );
  }
});

test('a port that is taken ends the command before it trains', async () => {
  const other = createServer();
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const { port } = other.address() as AddressInfo;
  const host = new FakeHost();
  const code = await train(argv('taken', '--serve', String(port)), host);
  await new Promise((resolve) => other.close(resolve));
  expect([code, host.stderr.text]).toEqual([
    1,
    expect.stringMatching(/^error: cannot listen at 127.0.0.1:\d+: another program has this port.*\n$/),
  ]);
}, 120_000);

test('a training that is shown makes the bytes of one that is not, and those who look see it to its end', async () => {
  const quiet = new FakeHost();
  expect([await train(argv('alone', '--quiet'), quiet), quiet.stderr.text]).toEqual([0, '']);
  const host = new FakeHost();
  // The training begins when somebody looks: eight steps can end before.
  const open = TrainingPage.open.bind(TrainingPage);
  let stream = {} as ReturnType<typeof openEvents>;
  const opened = jest.spyOn(TrainingPage, 'open').mockImplementation(async (options) => {
    const page = await open(options);
    const address = /^page\s+(http:\S+)$/m.exec(host.stdout.text)?.[1] ?? '';
    stream = openEvents(address, '/events?runs=shown');
    await stream.next('runs');
    return page;
  });
  const code = await train(argv('shown', '--serve', '--quiet'), host);
  opened.mockRestore();
  expect([code, host.stderr.text]).toEqual([0, '']);
  const end = await stream.next('end');
  expect(end.data).toEqual({ reason: 'the training has ended' });
  const last = stream.events.filter(({ name }) => name === 'runs').at(-1)?.data;
  expect(last).toEqual([expect.objectContaining({ id: 'shown', step: 8, steps: '8 of 8' })]);
  expect(stream.events.map(({ name }) => name)).toEqual(
    expect.arrayContaining(['details', 'curves', 'grids']),
  );
  const [alone, shown] = ['alone', 'shown'].map((name) => join(folder, name));
  for (const part of ['checkpoints/step-000008/networks', 'checkpoints/step-000008/optimizers', 'samples'])
    expect(filesOf(join(shown, part))).toEqual(filesOf(join(alone, part)));
  const losses = (run: string) =>
    readFileSync(join(run, 'metrics.jsonl'), 'utf8').replace(/"imagesPerSecond":[^,]+/g, '');
  expect(losses(shown)).toBe(losses(alone));
}, 180_000);

test('what a training warns of is shown with its run, and a page that ends is told in one line', async () => {
  const host = new FakeHost();
  const run = smallRun(join(folder, 'run'));
  const page = await TrainingPage.open({ folder: run, port: 0, terminal: new Terminal(host) });
  const address = /http:\S+/.exec(host.stdout.text)?.[0] ?? '';
  // The training comes first.
  expect(getPriority(page.pid)).toBe(constants.priority.PRIORITY_LOW);
  const stream = openEvents(address, '/events?runs=run');
  await stream.next('details');
  page.tell(run, 'the discriminator has won');
  const told = await stream.next('details', ({ data }) =>
    String(data.head).includes('the discriminator has won'),
  );
  expect(told.data.id).toBe('run');
  expect((await ask(address, '/runs/run/images')).status).toBe(409);
  const warned = new Promise((resolve) => host.stderr.once('line', resolve));
  process.kill(page.pid);
  expect(await warned).toBe('warning: the page of the run has ended; the training goes on');
  page.tell(run, 'nobody hears this');
  await page.close();
}, 120_000);

test('a training that fails tells why on its page, before that ends', async () => {
  const host = new FakeHost();
  const run = smallRun(join(folder, 'failed'));
  const page = await TrainingPage.open({ folder: run, port: 0, terminal: new Terminal(host) });
  const stream = openEvents(/http:\S+/.exec(host.stdout.text)?.[0] ?? '', '/events?runs=failed');
  await stream.next('details');
  page.tell(run, 'step 7: expected finite losses');
  await page.close();
  await stream.next('end');
  const details = stream.events.filter(({ name }) => name === 'details').at(-1);
  expect(details?.data.head).toContain('step 7: expected finite losses');
}, 120_000);
