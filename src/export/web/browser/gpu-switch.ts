import { element } from './dom';
import { lineOf, type Running } from './model';

/** The part of WebGPU that says whether there is a GPU. */
interface Gpu {
  requestAdapter(): Promise<object | null>;
}

/** A switch between WebAssembly and WebGPU, with a line that tells what came of it. */
export interface GpuSwitch {
  readonly row: HTMLElement;
  /** WebGPU was left by itself. */
  left(reason: string): void;
}

/** @param changed is called when another runtime runs the model */
export function gpuSwitch(model: Running, changed: () => void): GpuSwitch {
  const input = element('input', { type: 'checkbox' });
  input.setAttribute('role', 'switch');
  const line = element('span', { className: 'told' });
  line.setAttribute('role', 'status');
  const tell = (text: string): void => {
    line.textContent = text;
  };
  const turn = async (): Promise<void> => {
    const { facts } = model;
    if (!input.checked) {
      await model.useWasm();
      tell('');
      return;
    }
    tell(
      `Loading WebGPU’s runtime (${Math.round((facts.webgpu?.bytes ?? 0) / 2 ** 20)} MiB), and comparing …`,
    );
    try {
      if (!(await adapterOf())) throw new Error('this browser has no adapter for it');
      const largest = await model.useWebGpu();
      tell(`WebGPU: at most ${largest.toExponential(1)} from WebAssembly’s results.`);
    } catch (error) {
      input.checked = false;
      tell(`No WebGPU, ${lineOf(error)}: WebAssembly runs the model.`);
    }
  };
  input.addEventListener('change', () => {
    input.disabled = true;
    void turn().finally(() => {
      input.disabled = false;
      input.focus();
      changed();
    });
  });
  return {
    row: element('div', { className: 'switch' }, [element('label', {}, [input, 'WebGPU']), line]),
    left(reason) {
      input.checked = false;
      tell(reason);
    },
  };
}

async function adapterOf(): Promise<object | null> {
  const { gpu } = navigator as Navigator & { readonly gpu?: Gpu };
  return (await gpu?.requestAdapter().catch(() => null)) ?? null;
}
