import { rmSync } from 'node:fs';
import type { Page } from 'puppeteer-core';
import type { ExportTask } from '../../../src/export/task';
import { choosePicture, drawn, read, redOf, type Watched } from '../../support/exported-page';
import { describePages, type Opening } from '../../support/page-tests';

/** Chromium’s own adapter in software: a machine of tests has no other. */
const SOFTWARE_GPU = [
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--enable-features=Vulkan',
];

describePages('the switch to WebGPU of an exported page', SOFTWARE_GPU, (pages) => {
  let page: Page;
  let watched: Watched;

  async function open(name: string, opening?: Opening): Promise<ExportTask> {
    const opened = await pages.open(name, opening);
    ({ page, watched } = opened);
    return opened.task;
  }

  /** Turns the switch by keyboard, and gives what is told then. */
  async function turn(): Promise<string> {
    await page.focus('.switch input');
    await page.keyboard.press('Space');
    await page.waitForFunction(`/^(WebGPU:|No WebGPU)/.test(document.querySelector('.told').textContent)`);
    return read<string>(page, `document.querySelector('.told').textContent`);
  }

  const bySpeed = (name: string) =>
    page.waitForFunction(`document.querySelector('#speed').textContent.endsWith('by ${name}')`);

  test.each(['stylegan2 of classes', 'inpaint with its averages'])(
    'runs %s where it agrees, and back in WebAssembly',
    async (name) => {
      const { facts } = await open(name);
      const latents = facts.takes === 'latents';
      if (!latents) await choosePicture(page, pages.at('photo.png'));
      await drawn(page);
      expect(watched.requests.filter((url) => url.includes('webgpu'))).toEqual([]);
      const made = latents ? '.tile canvas' : 'figure:nth-child(2) canvas';
      const before = await redOf(page, made);
      expect(await turn()).toMatch(/^WebGPU: at most \d\.\de-\d+ from WebAssembly’s results\.$/);
      await bySpeed('WebGPU');
      const after = await redOf(page, made);
      expect(Math.max(...after.map((value, i) => Math.abs(value - before[i])))).toBeLessThanOrEqual(1);
      await page.keyboard.press('Space');
      await bySpeed('WebAssembly');
      const { origin } = new URL(page.url());
      expect(watched.requests.filter((url) => !url.startsWith(origin) && !url.startsWith('data:'))).toEqual(
        [],
      );
      expect(watched.complaints).toEqual([]);
    },
  );

  const runsOn = async (told: string, reason: RegExp) => {
    expect(told).toMatch(reason);
    expect(await read(page, `document.querySelector('.switch input').checked`)).toBe(false);
    await page.focus('button.main');
    await page.keyboard.press('Enter');
    await bySpeed('WebAssembly');
  };

  test('a browser without an adapter is told so, and WebAssembly runs on', async () => {
    const plain = await pages.launch('--disable-gpu', '--disable-features=WebGPU,WebGPUService');
    await open('mlp', { browser: plain });
    await runsOn(
      await turn(),
      /^No WebGPU, this browser has no adapter for it: WebAssembly runs the model\.$/,
    );
    expect(watched.requests.filter((url) => url.includes('webgpu'))).toEqual([]);
  });

  test('where results differ by more than they may, WebAssembly runs on', async () => {
    const strict = `(() => {
      const real = window.fetch;
      window.fetch = async (url, ...rest) => {
        const response = await real(url, ...rest);
        if (!String(url).endsWith('model.json')) return response;
        const facts = await response.json();
        return Response.json({ ...facts, webgpu: { ...facts.webgpu, tolerance: 1e-12 } });
      };
    })()`;
    await open('dcgan', { before: strict });
    await runsOn(
      await turn(),
      /^No WebGPU, its results are up to \d\.\de-\d+ from WebAssembly’s, more than 1e-12: WebAssembly runs the model\.$/,
    );
  });

  test('where the runtime is not beside the page, WebAssembly runs on', async () => {
    await open('mlp');
    rmSync(pages.at('mlp float32', 'ort', 'ort-webgpu-wasm.wasm'));
    await runsOn(await turn(), /^No WebGPU, .*: WebAssembly runs the model\.$/);
  });

  test('a model of float16 runs where the adapter has float16, and in WebAssembly where it has not', async () => {
    await open('dcgan', { precision: 'float16' });
    expect(await turn()).toMatch(
      /^(WebGPU: at most .*|No WebGPU, the model is of float16, which this adapter has not: WebAssembly runs the model\.)$/,
    );
    await page.focus('button.main');
    await page.keyboard.press('Enter');
    await drawn(page);
  });

  test('a device that is lost leaves the model to WebAssembly', async () => {
    const caught = `(() => {
      const real = GPUAdapter.prototype.requestDevice;
      GPUAdapter.prototype.requestDevice = async function (...given) {
        return (window.device = await real.apply(this, given));
      };
    })()`;
    await open('mlp', { before: caught });
    expect(await turn()).toMatch(/^WebGPU: at most/);
    await bySpeed('WebGPU');
    await page.evaluate('window.device.destroy()');
    await page.focus('button.main');
    await page.keyboard.press('Enter');
    await bySpeed('WebAssembly');
    expect(await read(page, `document.querySelector('.told').textContent`)).toMatch(
      /^WebGPU failed \(.*\): WebAssembly runs the model again\.$/,
    );
  });
});
