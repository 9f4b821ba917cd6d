// The page of runs as a reader has it: in a real browser, from a server.
import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { evaluationLine } from '../../src/report/evaluations';
import { RunList } from '../../src/serve/run-list';
import { DashboardServer } from '../../src/serve/server';
import { CONFIG, HOSTILE, noisePng, trainingLines, writeRun } from '../report/page/run-fixture';
import { row } from '../report/rows';
import { findChromium } from '../support/chromium';
import { FakeModels, testFolder } from './serving';

const executablePath = findChromium();
if (!executablePath) process.stderr.write('page of runs: no browser: set CHROME_PATH or install chromium\n');
const withBrowser = executablePath ? describe : describe.skip;

withBrowser('in a browser (CHROME_PATH, or chromium from PATH)', () => {
  let folder: string;
  let server: DashboardServer;
  let browser: Browser;
  let page: Page;
  let models: FakeModels;
  let complaints: string[];
  let requests: string[];
  const at = (...parts: string[]) => join(folder, ...parts);

  beforeAll(async () => {
    browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  });
  afterAll(() => browser?.close());

  beforeEach(async () => {
    folder = testFolder('dashboard');
    for (const [name, steps] of [
      ['a', 60],
      ['b', 20],
    ] as const)
      writeRun(at('runs', name), {
        config: { ...CONFIG, device: name === 'b' ? HOSTILE : 'cpu' },
        metrics: trainingLines(steps),
        evaluations: [100, 200].map((step) =>
          row(step, { metrics: { fid: step / 10 }, protocol: { seed: 1, of: name } }),
        ),
        samples: [100, 200],
        pictures: ['real', 'fake'],
      });
    models = new FakeModels();
    models.bytes = noisePng(5);
    server = await DashboardServer.listen({
      runs: await RunList.open([at('runs')]),
      models,
      host: '127.0.0.1',
      port: 0,
    });
    page = await browser.newPage();
    page.setDefaultTimeout(0);
    complaints = [];
    requests = [];
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => requests.push(request.url()));
  });
  afterEach(async () => {
    await page.close();
    await server.close();
    rmSync(folder, { recursive: true });
  });

  async function open(hash = '', { width = 1_200, dark = false } = {}): Promise<void> {
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
    await page.goto(`${server.address}${hash}`);
    await page.waitForSelector('.runs tbody tr');
  }

  const value = (expression: string): Promise<unknown> => page.evaluate(expression);
  const text = (selector: string) =>
    value(`document.querySelector(${JSON.stringify(selector)})?.textContent`);
  const until = (condition: string) => page.waitForFunction(condition);

  test('it lists the runs, without a complaint, and asks this server alone', async () => {
    await open();
    await until(`document.querySelectorAll('.runs tbody img').length === 2`);
    expect(
      await value(
        `[...document.querySelectorAll('.runs tbody tr')].map((row) => [row.querySelector('a').textContent, row.querySelector('.steps').textContent])`,
      ),
    ).toEqual([
      ['a', '600 of 600'],
      ['b', '200 of 600'],
    ]);
    expect([await text('.connection'), await value('window.harmed'), complaints]).toEqual([
      'live',
      undefined,
      [],
    ]);
    expect(requests.filter((url) => !url.startsWith(server.address) && !url.startsWith('data:'))).toEqual([]);
  });

  test('a run is shown by the keyboard alone, and the address keeps it', async () => {
    await open();
    await page.focus('.runs tbody a');
    await page.keyboard.press('Enter');
    await until(
      `document.querySelectorAll('.run .chart').length === 4 && document.querySelector('.scrubber')`,
    );
    expect([await value('location.hash'), await text('.run h1')]).toEqual(['#a', 'a']);
    // Smoothing, by its arrow keys.
    await page.focus('[aria-labelledby=training] .controls input[type=range]');
    await page.keyboard.press('Home');
    expect(await value(`document.querySelectorAll('.line.smoothed').length`)).toBe(0);
    await page.focus('.run .plot');
    await page.keyboard.press('Home');
    expect(await text('.run .chart .at')).toBe('step 100');
    // Beside another one, by its box.
    await page.focus('.runs tbody tr:nth-child(2) input');
    await page.keyboard.press('Space');
    await until(`document.querySelector('.run h2')?.textContent === '2 runs side by side'`);
    expect(await value('location.hash')).toBe('#a,b');
    await page.goBack();
    await until(`document.querySelector('.run h1')?.textContent === 'a'`);
    expect(complaints).toEqual([]);
  });

  test('what a training writes appears, and what a reader has set stays', async () => {
    await open('#b');
    await until(`document.querySelectorAll('.run .chart').length === 4`);
    await page.focus('[aria-labelledby=training] .controls input[type=range]');
    await page.keyboard.press('End');
    const points = `[...document.querySelectorAll('[aria-labelledby=training] .line.raw')].map((line) => line.getAttribute('d').match(/[ML]/g).length)`;
    await until(`${points}[0] === 20`);
    appendFileSync(at('runs', 'b', 'metrics.jsonl'), '{"step":210,"D":1,"G":2}\n');
    await until(`${points}[0] === 21`);
    expect(await value(`document.querySelector('[aria-labelledby=training] input').value`)).toBe('0.99');
    expect(await value(`document.activeElement.type`)).toBe('range');
    expect(await text('[aria-labelledby=training] .legend .value')).toBe('1.000');
    writeFileSync(at('runs', 'b', 'samples', 'step-000300.png'), noisePng(3));
    await until(`document.querySelector('.frame-step')?.textContent === 'step 300'`);
    // Who looks at an older grid is left there.
    await page.focus('.scrub input');
    await page.keyboard.press('Home');
    writeFileSync(at('runs', 'b', 'samples', 'step-000400.png'), noisePng(4));
    await until(`document.querySelector('.scrub input').max === '3'`);
    expect(await text('.frame-step')).toBe('step 100');
    appendFileSync(
      at('runs', 'b', 'evaluations.jsonl'),
      evaluationLine(row(300, { metrics: { fid: 1.5 }, protocol: { seed: 1, of: 'b' } })),
    );
    await until(`document.querySelector('[aria-labelledby=metrics] .value')?.textContent === '1.500'`);
    writeRun(at('runs', 'c'), { config: CONFIG, metrics: trainingLines(1) });
    await until(`document.querySelectorAll('.runs tbody tr').length === 3`);
    rmSync(at('runs', 'b'), { recursive: true });
    await until(`document.querySelector('.state.gone')`);
    expect(complaints).toEqual([]);
  });

  test('runs side by side have their curves over each other, in their colours', async () => {
    await open('#a,b');
    await until(
      `document.querySelectorAll('.beside .scrubber').length === 2 && document.querySelectorAll('[aria-labelledby=training] .chart').length === 3`,
    );
    const labels = `[...document.querySelectorAll('[aria-labelledby=training] .chart:first-child .name')].map((one) => one.textContent)`;
    expect(await value(labels)).toEqual(['a: D', 'a: G', 'b: D', 'b: G']);
    expect(await text('.problem')).toContain('Measured by 2 protocols');
    expect(
      await value(`[...document.querySelectorAll('.figures th[scope=col]')].map((one) => one.textContent)`),
    ).toEqual(['a', 'b']);
    expect([await value('window.harmed'), complaints]).toEqual([undefined, []]);
  });

  test('images are made by the form, and what is wrong is told in its place', async () => {
    await open('#a');
    await page.waitForSelector('.make summary');
    expect(models.asked).toEqual([]);
    await page.focus('.make summary');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.make [name=seed]');
    await page.focus('.make [name=seed]');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await until(`document.querySelector('.make output img')?.complete`);
    expect(await value(`document.querySelector('.make output img').naturalWidth`)).toBe(40);
    expect(models.asked).toMatchObject([{ query: { count: '16', seed: '2' } }]);
    models.images = () => Promise.reject(new Error('the model has a cold'));
    await page.click('.make .another');
    await until(`document.querySelector('.make .problem')?.textContent === 'the model has a cold'`);
  });

  test('when the server ends, the page says so', async () => {
    await open();
    await server.close('the training has ended');
    await until(`document.querySelector('.connection').textContent === 'the training has ended'`);
  });

  test.each([320, 390, 800])('a page %d pixels wide needs no scrolling to the side', async (width) => {
    for (const hash of ['#a', '#a,b']) {
      await open(hash, { width });
      await until(`document.querySelectorAll('[aria-labelledby=training] .chart').length === 3`);
      expect(await value('document.documentElement.scrollWidth')).toBe(width);
    }
  });

  test('text has a contrast of 4.5 to 1 or more on what it lies on, by day and by night, and all that can be operated has a name', async () => {
    // WCAG 2: relative luminance of sRGB colours.
    const contrast = `(() => {
      const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
      const luminance = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((value) => channel(value / 255))
        .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
      const under = (element) => {
        const color = getComputedStyle(element).backgroundColor;
        return color === 'rgba(0, 0, 0, 0)' ? under(element.parentElement) : luminance(color);
      };
      const ratio = (element) => {
        const [ink, paper] = [luminance(getComputedStyle(element).color), under(element)];
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      };
      return [luminance(getComputedStyle(document.body).backgroundColor),
        Math.min(...[...document.querySelectorAll('h1, .connection, td, th, small, .about, .hint, dt, .note, .problem, button')].map(ratio))];
    })()`;
    for (const dark of [false, true]) {
      await open('#a,b', { dark });
      await until(`document.querySelectorAll('[aria-labelledby=training] .chart').length === 3`);
      const [paper, least] = (await value(contrast)) as number[];
      expect(paper < 0.1).toBe(dark);
      expect(least).toBeGreaterThan(4.5);
    }
    const tree = await page.accessibility.snapshot({ interestingOnly: true });
    const nodes = [tree ?? []].flat().flatMap(function all(node): { role: string; name?: string }[] {
      return [node, ...(node.children ?? []).flatMap(all)];
    });
    const operated = nodes.filter(({ role }) =>
      ['slider', 'button', 'checkbox', 'image', 'link'].includes(role),
    );
    expect(operated.length).toBeGreaterThan(10);
    expect(operated.filter(({ name }) => !name?.trim())).toEqual([]);
  });
});
