import { element } from './dom';
import type { ModelFacts } from './facts';
import { lineOf, type Running } from './model';

/** The part of WebGPU that says whether there is a GPU. */
interface Gpu {
  requestAdapter(): Promise<{ readonly features: ReadonlySet<string> } | null>;
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
  const size = `${Math.round((model.facts.webgpu?.bytes ?? 0) / 2 ** 20)} MiB`;
  const line = element('span', { className: 'told', textContent: `loads ${size} more` });
  line.setAttribute('role', 'status');
  const turn = async (): Promise<void> => {
    line.textContent = input.checked ? `Loading ${size}, and comparing …` : '';
    if (!input.checked) {
      await model.useWasm();
      return;
    }
    const told = await turnOn(model);
    input.checked = model.provider === 'webgpu';
    line.textContent = told;
  };
  input.addEventListener('change', () => {
    input.disabled = true;
    void turn().finally(() => {
      input.disabled = false;
      // It was lost when the switch was disabled.
      if (document.activeElement === document.body) input.focus();
      changed();
    });
  });
  return {
    row: element('div', { className: 'switch' }, [element('label', {}, [input, 'WebGPU']), line]),
    left(reason) {
      input.checked = false;
      line.textContent = reason;
    },
  };
}

/** What came of turning to WebGPU, in one line. */
async function turnOn(model: Running): Promise<string> {
  try {
    const missing = await missingFor(model.facts);
    if (missing !== null) throw new Error(missing);
    const largest = await model.useWebGpu();
    return `WebGPU: at most ${largest.toExponential(1)} from WebAssembly’s results.`;
  } catch (error) {
    return `No WebGPU, ${lineOf(error)}: WebAssembly runs the model.`;
  }
}

/** Why this browser cannot run a model by WebGPU; null where it can. */
async function missingFor({ precision }: ModelFacts): Promise<string | null> {
  const { gpu } = navigator as Navigator & { readonly gpu?: Gpu };
  const adapter = await gpu?.requestAdapter().catch(() => null);
  if (!adapter) return 'this browser has no adapter for it';
  if (precision === 'float16' && !adapter.features.has('shader-f16'))
    return 'the model is of float16, which this adapter has not';
  return null;
}
