import { element } from './dom';
import { type GpuSwitch, gpuSwitch } from './gpu-switch';
import { imagePage } from './images';
import { latentPage } from './latents';
import { lineOf, missingInBrowser, Running } from './model';
import { PROVIDER_NAMES } from './ort';
import { Speed } from './speed';

async function start(): Promise<void> {
  const main = document.querySelector('main');
  const shown = document.querySelector('#speed');
  if (!main || !shown) return;
  const missing = missingInBrowser();
  if (missing !== null) {
    main.replaceChildren(problem(missing));
    return;
  }
  try {
    let turned: GpuSwitch | null = null;
    const model = await Running.open((reason) => turned?.left(reason));
    const speed = new Speed((text) => {
      shown.textContent = text === '' ? '' : `${text} by ${PROVIDER_NAMES[model.provider]}`;
    });
    tellOf(model);
    const view = (model.facts.facts.takes === 'latents' ? latentPage : imagePage)(model, speed.told);
    turned = gpuSwitch(model, () => {
      speed.clear();
      view.redraw();
    });
    main.replaceChildren(...(model.facts.webgpu ? [turned.row] : []), ...view.elements);
  } catch (error) {
    main.replaceChildren(problem(lineOf(error)));
  }
}

function tellOf({ facts: { title, parity } }: Running): void {
  document.title = title;
  const [heading, foot] = [document.querySelector('h1'), document.querySelector('#parity')];
  if (heading) heading.textContent = title;
  if (foot) foot.textContent = parity;
}

function problem(text: string): HTMLElement {
  const made = element('p', { className: 'problem', textContent: text });
  made.setAttribute('role', 'alert');
  return made;
}

void start();
