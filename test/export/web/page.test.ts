import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { onnxOf } from '../../../src/export/onnx-file';
import { findRuntime } from '../../../src/export/runtime';
import type { ExportTask } from '../../../src/export/task';
import { normals } from '../../../src/export/web/browser/random';
import { writeWeb } from '../../../src/export/web/write';
import { type Picture, writePng } from '../../../src/io/png';
import { fromBytes, full } from '../../../src/tensor/create';
import { scope } from '../../../src/tensor/scope';
import { findChromium } from '../../support/chromium';
import { type Exported, exportedOf } from '../../support/exporting';
import { SMALL } from '../../support/small-recipes';
import { serveFolder } from '../../support/static-server';

const executablePath = findChromium();
const withBrowser = executablePath ? describe : describe.skip;
if (!executablePath) console.warn('no Chromium: the page of an exported model is not opened');

withBrowser('the page of an exported model', () => {
  const folder = mkdtempSync(join(tmpdir(), 'web-'));
  const served: Record<string, Awaited<ReturnType<typeof serveFolder>>> = {};
  let browser: Browser;
  let page: Page;
  let complaints: string[];
  let requests: string[];
  let exported: Exported | undefined;

  beforeAll(async () => {
    browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  });
  afterAll(async () => {
    await browser?.close();
    for (const { close } of Object.values(served)) close();
    rmSync(folder, { recursive: true });
  });
  beforeEach(async () => {
    [complaints, requests] = [[], []];
    page = await browser.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => requests.push(request.url()));
  });
  afterEach(async () => {
    exported?.dispose();
    exported = undefined;
    await page.close();
  });

  /** Exports a small recipe, and opens its page until something is drawn. */
  async function open(name: string): Promise<ExportTask> {
    const small = SMALL.find((each) => each.name === name);
    if (!small) throw new Error(`no small recipe ${name}`);
    exported = exportedOf(small);
    const { task } = exported;
    if (!served[name]) {
      const model = await onnxOf(task, { text: { name, metadata: {} } });
      await writeWeb(join(folder, name), { task, model, title: name, runtime: findRuntime() });
      served[name] = await serveFolder(join(folder, name));
    }
    await page.goto(served[name].url);
    await page.waitForSelector('section');
    return task;
  }

  const drawn = () =>
    page.waitForFunction(`/images a second/.test(document.querySelector('#speed').textContent)`);

  /** What an expression of the page is: the tests know no DOM. */
  const read = <T>(expression: string) => page.evaluate(expression) as Promise<T>;

  /** The red of a canvas, row by row. */
  const redOf = (selector: string) =>
    read<number[]>(`(() => {
      const canvas = document.querySelector(${JSON.stringify(selector)});
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
    })()`);

  test('shows what LibTorch makes of the same latents, and loads nothing from elsewhere', async () => {
    const task = await open('stylegan2 with its lazy phases');
    await drawn();
    const { pathname, origin } = new URL(page.url());
    expect(pathname).toBe('/');
    expect(requests.filter((url) => !url.startsWith(origin) && !url.startsWith('data:'))).toEqual([]);
    const seen = await redOf('.tile canvas');
    const expected = scope(() => {
      const latents = fromBytes(normals(1009, 8), { dtype: 'float32', shape: [1, 8], device: 'cpu' });
      const { images } = task.run({ latents, truncation: full([], 0.7, { device: 'cpu' }) });
      return Array.from(images.add(1).mul(127.5).add(0.5).floor().toTypedArray(), Number);
    });
    expect(seen).toHaveLength(expected.length);
    expect(Math.max(...seen.map((value, i) => Math.abs(value - expected[i])))).toBeLessThanOrEqual(1);
    expect(complaints).toEqual([]);
  });

  test('by keyboard: another sixteen, a choice, a slider', async () => {
    await open('stylegan2 of classes');
    await drawn();
    const before = await redOf('.tile canvas');
    await page.focus('button.main');
    await page.keyboard.press('Enter');
    await page.waitForFunction(`document.querySelector('input[type=number]').value === '2'`);
    while (String(await redOf('.tile canvas')) === String(before))
      await page.evaluate('new Promise(requestAnimationFrame)');
    await page.focus('.tile:nth-child(3)');
    await page.keyboard.press('Space');
    expect(await read(`document.querySelector('.tile:nth-child(3)').ariaPressed`)).toBe('true');
    const slider = '.sliders input[type=range]';
    const value = await read<number>(`document.querySelector('${slider}').valueAsNumber`);
    await page.focus(slider);
    await page.keyboard.press('ArrowRight');
    expect(await read(`document.querySelector('${slider}').valueAsNumber`)).toBeCloseTo(value + 0.05);
    expect(complaints).toEqual([]);
  });

  test('fits a phone', async () => {
    await page.setViewport({ width: 360, height: 740 });
    await open('stylegan2 of classes');
    await drawn();
    expect(await read('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });

  test('a picture of any size goes into a model that takes images', async () => {
    await open('cyclegan with its pools and averages');
    const [width, height] = [22, 17];
    const pixels = Uint8Array.from({ length: width * height }, (_, i) => (i * 37) % 256);
    const picture: Picture = { width, height, channels: 1, pixels };
    await writePng(join(folder, 'photo.png'), picture);
    const input = await page.waitForSelector('input[type=file]');
    await input?.uploadFile(join(folder, 'photo.png'));
    await drawn();
    const size = await read(
      `(({ width, height }) => [width, height])(document.querySelector('figure:nth-child(2) canvas'))`,
    );
    expect(size).toEqual([width, height]);
    expect(complaints).toEqual([]);
  });

  test('a browser without SIMD is told so, in one message', async () => {
    await page.evaluateOnNewDocument('WebAssembly.validate = () => false');
    await page.goto(served['stylegan2 of classes'].url);
    await page.waitForSelector('.problem');
    expect(await read(`document.querySelector('main').textContent`)).toMatch(
      /^This browser’s WebAssembly has no SIMD, which the model needs/,
    );
  });
});
