import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import puppeteer, { type Browser, type Page } from 'puppeteer-core';
import { findChromium } from '../../support/chromium';
import {
  drawn,
  read,
  redOf,
  type ServedPage,
  servePage,
  type Watched,
  watch,
} from '../../support/exported-page';

const executablePath = findChromium();
const withBrowser = executablePath ? describe : describe.skip;
if (!executablePath) console.warn('no Chromium: the camera of an exported page is not tried');

/** A camera that shows a moving figure, and what answers for the person who is asked. */
const FAKE_CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
/** A name that is not this machine’s own: pages of it are not secure. */
const ELSEWHERE = 'page.example';

withBrowser('the camera', () => {
  const folder = mkdtempSync(join(tmpdir(), 'camera-'));
  const browsers: Browser[] = [];
  const served: Record<string, ServedPage> = {};
  let page: Page;
  let watched: Watched;

  const launch = async (...args: string[]): Promise<Browser> => {
    const browser = await puppeteer.launch({
      executablePath,
      args: ['--no-sandbox', '--disable-dev-shm-usage', ...args],
    });
    browsers.push(browser);
    return browser;
  };
  let withCamera: Browser;
  beforeAll(async () => {
    withCamera = await launch(...FAKE_CAMERA, `--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1`);
  });
  afterEach(async () => {
    await page.close();
    for (const [name, { close }] of Object.entries(served)) {
      close();
      delete served[name];
    }
  });
  afterAll(async () => {
    for (const browser of browsers) await browser.close();
    rmSync(folder, { recursive: true });
  });

  async function open(
    name: string,
    { browser = withCamera, elsewhere = false, before = '' } = {},
  ): Promise<void> {
    served[name] ??= await servePage(folder, name);
    const { url } = served[name];
    page = await browser.newPage();
    watched = watch(page);
    if (before !== '') await page.evaluateOnNewDocument(before);
    await page.goto(elsewhere ? url.replace('127.0.0.1', ELSEWHERE) : url);
    await page.waitForSelector('section');
  }

  const told = () => read<string>(page, `document.querySelector('section [role=status]').textContent`);
  const press = async (): Promise<void> => {
    await page.focus('button.main');
    await page.keyboard.press('Enter');
  };
  const toldThat = async (start: string): Promise<string> => {
    await page.waitForFunction(
      `document.querySelector('section [role=status]').textContent.startsWith(${JSON.stringify(start)})`,
    );
    return told();
  };

  test('refused by the person: one line', async () => {
    const plain = await launch('--use-fake-device-for-media-stream', '--deny-permission-prompts');
    await open('denoise', { browser: plain });
    await press();
    expect(await toldThat('The camera was')).toBe(
      'The camera was refused: allow it for this page in the browser, or choose a picture.',
    );
    expect(await read(page, `document.querySelector('button.main').textContent`)).toBe('Camera');
  });

  test('where there is none: one line', async () => {
    const plain = await launch('--use-fake-ui-for-media-stream');
    await open('denoise', { browser: plain });
    await press();
    expect(await toldThat('No camera')).toBe('No camera was found: connect one, or choose a picture.');
  });

  test('on a page that is not secure: one line', async () => {
    await open('denoise', { elsewhere: true });
    await press();
    expect(await toldThat('Browsers')).toBe(
      'Browsers give a camera to pages of https and of localhost alone: choose a picture.',
    );
  });

  test('is live by keyboard on a phone, until a frame is held', async () => {
    await open('inpaint with its averages');
    await page.setViewport({ width: 360, height: 740 });
    await press();
    expect(await toldThat('Live')).toBe('Live, of the camera’s 320 × 240 pixels');
    await drawn(page);
    const size = `(({ width, height }) => [width, height])(document.querySelector('figure:nth-child(2) canvas'))`;
    expect(await read(page, size)).toEqual([320, 240]);
    const first = await redOf(page, 'figure canvas');
    await page.waitForFunction(
      `(() => {
        const canvas = document.querySelector('figure canvas');
        const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
        return ${JSON.stringify(first)}.some((value, i) => value !== data[4 * i]);
      })()`,
    );
    expect(await read(page, 'document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    await press();
    expect(await toldThat('Held')).toBe('Held: the last frame of the camera.');
    expect(await read(page, `document.querySelector('button.main').textContent`)).toBe('Camera');
    expect(watched.complaints).toEqual([]);
  });

  test('that goes away leaves its last frame', async () => {
    const caught = `(() => {
      const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
      navigator.mediaDevices.getUserMedia = async (wanted) => (window.stream = await real(wanted));
    })()`;
    await open('denoise', { before: caught });
    await press();
    await toldThat('Live');
    await drawn(page);
    await page.evaluate(`window.stream.getTracks()[0].dispatchEvent(new Event('ended'))`);
    expect(await toldThat('The camera went')).toBe('The camera went away: this is its last frame.');
    expect(await read(page, `window.stream.getTracks()[0].readyState`)).toBe('ended');
  });
});
