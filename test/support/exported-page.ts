import { join } from 'node:path';
import type { Page } from 'puppeteer-core';
import { type OnnxOptions, onnxOf } from '../../src/export/onnx-file';
import { findRuntime } from '../../src/export/runtime';
import type { ExportTask } from '../../src/export/task';
import { runtimeFiles } from '../../src/export/web/runtime-files';
import { writeWeb } from '../../src/export/web/write';
import { writePng } from '../../src/io/png';
import { exportedOf } from './exporting';
import { SMALL } from './small-recipes';
import { serveFolder } from './static-server';

/** An exported page, and the server that has it. */
export interface ServedPage {
  readonly url: string;
  readonly task: ExportTask;
  close(): void;
}

/** Smaller ones yet: a browser compiles a program for each layer of each size, without a GPU for some seconds. */
const SMALLER: Readonly<Record<string, { readonly resolution: number }>> = { stylegan2: { resolution: 8 } };

/** Exports a small recipe as a page with both runtimes, and serves it. */
export async function servePage(
  folder: string,
  name: string,
  precision: OnnxOptions['precision'] = 'float32',
): Promise<ServedPage> {
  const small = SMALL.find((each) => each.name === name);
  if (!small) throw new Error(`no small recipe ${name}`);
  const { task, dispose } = exportedOf({ ...small, ...SMALLER[small.recipe] });
  const model = await onnxOf(task, { precision, text: { name, metadata: {} } });
  const out = join(folder, `${name} ${precision}`);
  await writeWeb(out, { task, model, title: name, runtime: runtimeFiles(findRuntime()), webgpu: true });
  const { url, close } = await serveFolder(out);
  return {
    url,
    task,
    close() {
      close();
      dispose();
    },
  };
}

/** What a page logs as an error, and what it asks a server for. */
export interface Watched {
  readonly complaints: string[];
  readonly requests: string[];
}

export function watch(page: Page): Watched {
  const watched: Watched = { complaints: [], requests: [] };
  page.on('console', (message) => {
    if (message.type() === 'error') watched.complaints.push(message.text());
  });
  page.on('pageerror', (error) => watched.complaints.push(String(error)));
  page.on('request', (request) => watched.requests.push(request.url()));
  return watched;
}

/** What an expression of the page is: the tests know no DOM. */
export function read<T>(page: Page, expression: string): Promise<T> {
  return page.evaluate(expression) as Promise<T>;
}

/** The red of a canvas, row by row. */
export function redOf(page: Page, selector: string): Promise<number[]> {
  return read(
    page,
    `(() => {
      const canvas = document.querySelector(${JSON.stringify(selector)});
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      return Array.from({ length: data.length / 4 }, (_, i) => data[4 * i]);
    })()`,
  );
}

/** Chooses a grey picture on the page of a model that takes images; `file` is where it is written. @returns its width and height */
export async function choosePicture(page: Page, file: string): Promise<[number, number]> {
  const [width, height] = [22, 17];
  const pixels = Uint8Array.from({ length: width * height }, (_, i) => (i * 37) % 256);
  await writePng(file, { width, height, channels: 1, pixels });
  const input = await page.waitForSelector('input[type=file]');
  await input?.uploadFile(file);
  return [width, height];
}

/** Waits until the model has made something. */
export async function drawn(page: Page): Promise<void> {
  await page.waitForFunction(`/images a second/.test(document.querySelector('#speed').textContent)`);
}
