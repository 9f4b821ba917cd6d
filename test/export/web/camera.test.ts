import type { Page } from 'puppeteer-core';
import { drawn, read, redOf, type Watched } from '../../support/exported-page';
import { describePages, type Opening } from '../../support/page-tests';

/** A camera that shows a moving figure, and what answers for the person who is asked. */
const FAKE_CAMERA = ['--use-fake-device-for-media-stream', '--use-fake-ui-for-media-stream'];
/** A name that is not this machine’s own: pages of it are not secure. */
const ELSEWHERE = 'page.example';

/** Keeps what the page gets of the camera. */
const CAUGHT = `(() => {
  const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wanted) => (window.stream = await real(wanted));
})();`;
const NO_PLAY = `HTMLMediaElement.prototype.play = async () => { throw new DOMException('no', 'AbortError'); };`;
const FLAGS = [...FAKE_CAMERA, `--host-resolver-rules=MAP ${ELSEWHERE} 127.0.0.1`];

describePages('the camera of an exported page', FLAGS, (pages) => {
  let page: Page;
  let watched: Watched;

  async function open(name: string, opening?: Opening): Promise<void> {
    ({ page, watched } = await pages.open(name, opening));
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
    const plain = await pages.launch('--use-fake-device-for-media-stream', '--deny-permission-prompts');
    await open('denoise', { browser: plain });
    await press();
    expect(await toldThat('The camera was')).toBe(
      'The camera was refused: allow it for this page in the browser, or choose a picture.',
    );
    expect(await read(page, `document.querySelector('button.main').textContent`)).toBe('Camera');
  });

  test('where there is none: one line', async () => {
    const plain = await pages.launch('--use-fake-ui-for-media-stream');
    await open('denoise', { browser: plain });
    await press();
    expect(await toldThat('No camera')).toBe('No camera was found: connect one, or choose a picture.');
  });

  test('on a page that is not secure: one line', async () => {
    await open('denoise', { host: ELSEWHERE });
    await press();
    expect(await toldThat('Browsers')).toBe(
      'Browsers give a camera to pages of https and of localhost alone: choose a picture.',
    );
  });

  test('that does not play is off again: one line', async () => {
    await open('denoise', { before: NO_PLAY + CAUGHT });
    await press();
    expect(await toldThat('There are no')).toBe(
      'There are no pictures of a camera (AbortError: no): choose a picture.',
    );
    expect(await read(page, 'window.stream.getTracks()[0].readyState')).toBe('ended');
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
    await open('denoise', { before: CAUGHT });
    await press();
    await toldThat('Live');
    await drawn(page);
    await page.evaluate(`window.stream.getTracks()[0].dispatchEvent(new Event('ended'))`);
    expect(await toldThat('The camera went')).toBe('The camera went away: this is its last frame.');
    expect(await read(page, `window.stream.getTracks()[0].readyState`)).toBe('ended');
  });
});
