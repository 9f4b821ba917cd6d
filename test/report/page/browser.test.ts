// The page as a reader has it: in a real browser, opened from the file.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { writeReport } from '../../../src/report/page/write-report';
import { findChromium } from '../../support/chromium';
import { row } from '../rows';
import { CONFIG, HOSTILE, trainingLines, writeRun } from './run-fixture';

const executablePath = findChromium();
if (!executablePath) process.stderr.write('report page: no browser: set CHROME_PATH or install chromium\n');
const withBrowser = executablePath ? describe : describe.skip;

withBrowser('in a browser (CHROME_PATH, or chromium from PATH)', () => {
  let folder: string;
  let file: string;
  let browser: Browser;
  let page: Page;
  /** What the browser complained about, and what it asked for. */
  let complaints: string[];
  let requests: string[];

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'page-'));
    const evaluations = [10, 20, 30].map((step) =>
      row(step * 20, {
        metrics: { fid: 10 + Math.abs(step - 20), precision: 0.5, recall: 0.4, [HOSTILE]: step },
        errors: { fid: 0.5 },
        protocol: { features: HOSTILE },
      }),
    );
    writeRun(folder, {
      config: { ...CONFIG, device: HOSTILE },
      metrics: [...trainingLines(60), { step: 610, D: null, G: 2, [HOSTILE]: 1 }],
      evaluations,
      samples: [100, 200, 300, 400],
      pictures: ['real', 'fake', 'neighbours'],
      neighbours: { k: 1, samples: [{ distance: [2], index: [1] }], realMedian: 3 },
    });
    file = await writeReport(folder);
    browser = await puppeteer.launch({ executablePath, args: ['--no-sandbox', '--disable-dev-shm-usage'] });
  });

  afterAll(async () => {
    await browser?.close();
    rmSync(folder, { recursive: true });
  });

  beforeEach(async () => {
    complaints = [];
    requests = [];
    page = await browser.newPage();
    page.setDefaultTimeout(0);
    page.on('console', (message) => complaints.push(message.text()));
    page.on('pageerror', (error) => complaints.push(String(error)));
    page.on('request', (request) => {
      if (!request.url().startsWith('data:')) requests.push(request.url());
    });
  });

  afterEach(() => page.close());

  async function open({ width = 1_200, dark = false, script = true } = {}): Promise<void> {
    await page.setViewport({ width, height: 900 });
    await page.setJavaScriptEnabled(script);
    await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: dark ? 'dark' : 'light' }]);
    await page.goto(`file://${file}`);
  }

  /** The value of an expression in the page. */
  function value(expression: string): Promise<unknown> {
    return page.evaluate(expression);
  }

  const FRAME = `document.querySelector('.scrubber img').src`;

  test('it opens without a complaint and asks for nothing but itself', async () => {
    await open();
    await value(`document.querySelectorAll('.controls').length && new Promise(requestAnimationFrame)`);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([`file://${file}`]);
  });

  test('text of the run does nothing', async () => {
    await open();
    expect(await value('window.harmed')).toBeUndefined();
    expect(await value(`document.querySelectorAll('main img').length`)).toBe(4);
    expect(await value(`document.querySelector('.about').textContent`)).toContain(HOSTILE);
    expect(complaints).toEqual([]);
  });

  test('every curve is drawn through all of its points, in the width of its place', async () => {
    await open();
    const points = `(name) => [...document.querySelectorAll('.line.' + name)].map((line) => line.getAttribute('d').match(/[ML]/g)?.length)`;
    // 61 of G, 60 and a gap of D, then the verdicts, one of the hostile name, and speed.
    expect(await value(`(${points})('raw')`)).toEqual([60, 61, 60, 60, 1, 60]);
    expect(await value(`(${points})('measured')`)).toEqual([3, 3, 3, 3]);
    expect(await value(`document.querySelectorAll('.ring').length`)).toBe(3);
    const widths = `[...document.querySelectorAll('.plot')].every((plot) => plot.querySelector('svg').viewBox.baseVal.width === plot.clientWidth)`;
    expect(await value(widths)).toBe(true);
  });

  test('smoothing and the logarithmic axis change the losses', async () => {
    await open();
    const drawing = () => value(`document.querySelector('[aria-labelledby=training] .plot svg').innerHTML`);
    const before = await drawing();
    await page.focus('[aria-labelledby=training] .controls input[type=range]');
    await page.keyboard.press('Home');
    const still = await drawing();
    expect(still).not.toBe(before);
    expect(still).not.toContain('smoothed');
    await page.click('[aria-labelledby=training] .controls input[type=checkbox]');
    expect(await drawing()).not.toBe(still);
  });

  test('the pointer reads values off, and the arrow keys do', async () => {
    await open();
    const plot = await page.$('[aria-labelledby=training] .plot');
    const readings = () =>
      value(`[...document.querySelectorAll('[aria-labelledby=training] figure:first-child :is(.at, .value)')]
        .slice(0, 3).map((element) => element.textContent)`);
    const atEnd = await readings();
    await plot?.scrollIntoView();
    await plot?.hover();
    const inside = await readings();
    expect(inside).toEqual([expect.stringMatching(/^step \d+$/), expect.any(String), expect.any(String)]);
    expect(inside).not.toEqual(atEnd);
    await plot?.focus();
    await page.keyboard.press('Home');
    // The first line of the log: D 0.5, G 3.
    expect(await readings()).toEqual(['step 10', '0.5000', '3.000']);
    expect(await value('document.activeElement.ariaValueText')).toMatch(/^step 10: D 0\.5000, G 3\.000/);
    await page.keyboard.press('ArrowRight');
    expect(await readings()).toEqual(['step 20', expect.any(String), expect.any(String)]);
    await page.keyboard.press('Escape');
    expect(await readings()).toEqual(atEnd);
  });

  test('the keyboard leafs through the sample grids', async () => {
    await open();
    const last = await value(FRAME);
    await page.focus('.scrub input');
    await page.keyboard.press('ArrowLeft');
    await page.waitForFunction(`${FRAME} !== ${JSON.stringify(last)}`);
    expect(await value(`document.querySelector('.scrubber img').alt`)).toBe('Samples at step 300');
    expect(await value(`document.querySelector('.frame-step').textContent`)).toBe('step 300');
    await page.keyboard.press('Home');
    await page.waitForFunction(`document.querySelector('.scrubber img').alt === 'Samples at step 100'`);
    await page.keyboard.press('End');
    await page.waitForFunction(`${FRAME} === ${JSON.stringify(last)}`);
  });

  test('the button plays the grids from the first to the last', async () => {
    await open();
    await value(`window.seen = [];
      new MutationObserver(() => seen.push(document.querySelector('.frame-step').textContent))
        .observe(document.querySelector('.frame-step'), { childList: true })`);
    await page.click('.scrub button');
    await page.waitForFunction(
      `window.seen.length === 4 && document.querySelector('.scrub button').textContent === 'Play'`,
    );
    expect(await value('window.seen')).toEqual(['step 100', 'step 200', 'step 300', 'step 400']);
  });

  test.each([320, 400, 800])('a page %d pixels wide needs no scrolling to the side', async (width) => {
    await open({ width });
    expect(await value('document.documentElement.scrollWidth')).toBe(width);
  });

  test('text has a contrast of 4.5 to 1 or more, by day and by night', async () => {
    // WCAG 2: relative luminance of sRGB colours.
    const contrast = `(() => {
      const channel = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
      const luminance = (color) => color.match(/[\\d.]+/g).slice(0, 3).map((value) => channel(value / 255))
        .reduce((sum, value, at) => sum + value * [0.2126, 0.7152, 0.0722][at], 0);
      const paper = luminance(getComputedStyle(document.body).backgroundColor);
      const ratio = (element) => {
        const ink = luminance(getComputedStyle(element).color);
        return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
      };
      return [paper, Math.min(...[...document.querySelectorAll('h1, .about, .hint, dt, .note, th')].map(ratio))];
    })()`;
    await open();
    const [day, dayContrast] = (await value(contrast)) as number[];
    await open({ dark: true });
    const [night, nightContrast] = (await value(contrast)) as number[];
    expect(day).toBeGreaterThan(0.9);
    expect(night).toBeLessThan(0.05);
    expect(Math.min(dayContrast, nightContrast)).toBeGreaterThan(4.5);
  });

  test('without a script the page shows its charts and pictures, and no controls that do nothing', async () => {
    await open({ script: false });
    const shown = await page.$$eval('.plot svg path.line', (lines) => lines.length);
    expect(shown).toBeGreaterThanOrEqual(10);
    const controls = await page.$$('input, button');
    const visible = await Promise.all(controls.map((control) => control.isVisible()));
    expect(visible.filter(Boolean)).toEqual([]);
  });

  test('everything that can be operated has a name', async () => {
    await open();
    const tree = await page.accessibility.snapshot({ interestingOnly: true });
    const nodes = [tree ?? []].flat().flatMap(function all(node): { role: string; name?: string }[] {
      return [node, ...(node.children ?? []).flatMap(all)];
    });
    const operated = nodes.filter(({ role }) => ['slider', 'button', 'checkbox', 'image'].includes(role));
    expect(operated.length).toBeGreaterThan(10);
    expect(operated.filter(({ name }) => !name?.trim())).toEqual([]);
  });
});
