import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import type { OnnxOptions } from '../../src/export/onnx-file';
import type { ExportTask } from '../../src/export/task';
import { findChromium } from './chromium';
import { type ServedPage, servePage, type Watched, watch } from './exported-page';

/** An exported page in a browser. */
export interface OpenedPage {
  readonly page: Page;
  readonly watched: Watched;
  readonly task: ExportTask;
}

/** How a page is opened. */
export interface Opening {
  /** Another one than that of the tests. */
  readonly browser?: Browser;
  readonly precision?: OnnxOptions['precision'];
  /** A script that runs in the page first of all. */
  readonly before?: string;
  /** Another name of the server than its address. */
  readonly host?: string;
  /** What is waited for. */
  readonly shows?: string;
}

/** Exported pages for tests. */
export interface Pages {
  /** A path in the folder that the pages are in, each in one of its own. */
  at(...parts: string[]): string;
  /** Another browser, with flags of its own. */
  launch(...flags: string[]): Promise<Browser>;
  /** Exports a small recipe and opens its page, until the test ends. */
  open(name: string, opening?: Opening): Promise<OpenedPage>;
}

const executablePath = findChromium();

/**
 * The runtime is 24 MB of WebAssembly, of which a page calls a small part, for a moment: compiled as it is called, and not well, it takes half
 * of the processor time of a page.
 */
const QUICKLY_COMPILED = '--js-flags=--wasm-lazy-compilation --liftoff-only';

/** Milliseconds between two looks at a page: at each frame, as is usual, they keep a browser drawing that has no GPU. */
const POLLING = 100;

/** `describe` for tests of exported pages in a Chromium with flags; they are skipped, saying so, where there is none. */
export function describePages(name: string, flags: readonly string[], body: (pages: Pages) => void): void {
  if (!executablePath) console.warn(`no Chromium: ${name} is not tried`);
  (executablePath ? describe : describe.skip)(name, () => body(pagesWith(flags)));
}

function pagesWith(flags: readonly string[]): Pages {
  const browsers: Browser[] = [];
  const pages: Page[] = [];
  const served: ServedPage[] = [];
  let folder: string;

  const launch = async (...own: string[]): Promise<Browser> => {
    const args = ['--no-sandbox', '--disable-dev-shm-usage', QUICKLY_COMPILED, ...own];
    const browser = await puppeteer.launch({ executablePath, args });
    browsers.push(browser);
    return browser;
  };
  // A browser without a GPU draws on the cores that other tests use, too.
  jest.setTimeout(300_000);
  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'pages-'));
    await launch(...flags);
  });
  afterEach(async () => {
    for (const page of pages.splice(0)) await page.close();
    for (const { close } of served.splice(0)) close();
  });
  afterAll(async () => {
    for (const browser of browsers) await browser.close();
    rmSync(folder, { recursive: true });
  });

  return {
    launch,
    at: (...parts) => join(folder, ...parts),
    async open(name, { browser = browsers[0], precision, before, host, shows = 'section' } = {}) {
      const server = await servePage(folder, name, precision);
      served.push(server);
      const page = await browser.newPage();
      pages.push(page);
      // How long a page takes is the machine's matter: only the test's own limit ends it.
      page.setDefaultTimeout(0);
      const wait = page.waitForFunction.bind(page);
      page.waitForFunction = (condition, options, ...args) =>
        wait(condition, { polling: POLLING, ...options }, ...args);
      const watched = watch(page);
      if (before !== undefined) await page.evaluateOnNewDocument(before);
      const url = new URL(server.url);
      if (host !== undefined) url.hostname = host;
      await page.goto(url.href);
      await page.waitForSelector(shows);
      return { page, watched, task: server.task };
    },
  };
}
