import type { Page } from 'puppeteer-core';
import type { ExportTask } from '../../../src/export/task';
import { normals } from '../../../src/export/web/browser/random';
import { fromBytes, full } from '../../../src/tensor/create';
import { scope } from '../../../src/tensor/scope';
import { choosePicture, drawn, read, redOf, type Watched } from '../../support/exported-page';
import { describePages, type Opening } from '../../support/page-tests';

describePages('the page of an exported model', [], (pages) => {
  let page: Page;
  let watched: Watched;

  async function open(name: string, opening?: Opening): Promise<ExportTask> {
    const opened = await pages.open(name, opening);
    ({ page, watched } = opened);
    return opened.task;
  }

  test('shows what LibTorch makes of the same latents, and loads nothing from elsewhere', async () => {
    const task = await open('stylegan2 with its lazy phases');
    await drawn(page);
    const { pathname, origin } = new URL(page.url());
    expect(pathname).toBe('/');
    expect(watched.requests.filter((url) => !url.startsWith(origin) && !url.startsWith('data:'))).toEqual([]);
    const seen = await redOf(page, '.tile canvas');
    const expected = scope(() => {
      const latents = fromBytes(normals(1009, 8), { dtype: 'float32', shape: [1, 8], device: 'cpu' });
      const { images } = task.run({ latents, truncation: full([], 0.7, { device: 'cpu' }) });
      return Array.from(images.add(1).mul(127.5).add(0.5).floor().toTypedArray(), Number);
    });
    expect(seen).toHaveLength(expected.length);
    expect(Math.max(...seen.map((value, i) => Math.abs(value - expected[i])))).toBeLessThanOrEqual(1);
    expect(watched.complaints).toEqual([]);
  });

  test('by keyboard: another sixteen, a choice, a slider', async () => {
    await open('stylegan2 of classes');
    await drawn(page);
    const slider = '.sliders input[type=range]';
    expect(await read(page, `document.querySelector('${slider}').valueAsNumber`)).not.toBe(0);
    const before = await redOf(page, '.tile canvas');
    await page.focus('button.main');
    await page.keyboard.press('Enter');
    await page.waitForFunction(`document.querySelector('input[type=number]').value === '2'`);
    while (String(await redOf(page, '.tile canvas')) === String(before))
      await page.evaluate('new Promise(requestAnimationFrame)');
    await page.focus('.tile:nth-child(3)');
    await page.keyboard.press('Space');
    expect(await read(page, `document.querySelector('.tile:nth-child(3)').ariaPressed`)).toBe('true');
    const value = await read<number>(page, `document.querySelector('${slider}').valueAsNumber`);
    await page.focus(slider);
    await page.keyboard.press('ArrowRight');
    expect(await read(page, `document.querySelector('${slider}').valueAsNumber`)).toBeCloseTo(value + 0.05);
    expect(watched.complaints).toEqual([]);
  });

  test.each([
    ['infogan', 'Code'],
    ['stylegan2 of classes', 'Class'],
  ])('%s has a menu that is called %s', async (name, label) => {
    await open(name);
    expect(
      await read(page, `document.querySelector('.controls select').previousSibling.textContent`),
    ).toMatch(new RegExp(`^${label}`));
  });

  test('fits a phone', async () => {
    await open('stylegan2 of classes');
    await page.setViewport({ width: 360, height: 740 });
    await drawn(page);
    expect(await read(page, 'document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  });

  test('a picture of any size goes into a model that takes images', async () => {
    await open('cyclegan with its pools and averages');
    const sides = await choosePicture(page, pages.at('photo.png'));
    await drawn(page);
    const size = await read(
      page,
      `(({ width, height }) => [width, height])(document.querySelector('figure:nth-child(2) canvas'))`,
    );
    expect(size).toEqual(sides);
    expect(watched.complaints).toEqual([]);
  });

  test('a browser without SIMD is told so, in one message', async () => {
    await open('mlp', { before: 'WebAssembly.validate = () => false', shows: '.problem' });
    expect(await read(page, `document.querySelector('main').textContent`)).toMatch(
      /^This browser’s WebAssembly has no SIMD, which the model needs/,
    );
  });
});
