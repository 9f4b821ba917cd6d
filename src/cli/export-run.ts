import { dirname } from 'node:path';
import { type ExportedOnnx, exportOnnx } from '../export/export-onnx';
import { exportSafetensors } from '../export/export-safetensors';
import { exportTorchScript } from '../export/export-torch-script';
import { exportWeb } from '../export/export-web';
import type { Parity } from '../export/parity';
import { parityText } from '../export/parity-text';
import { findRuntime } from '../export/runtime';
import { runtimeFiles, sizeOf } from '../export/web/runtime-files';
import { makeFolder, requirePlace } from '../io/make-folder';
import { quote } from '../io/shell-quote';
import { load } from '../recipes/index';
import type { LoadedModel } from '../training/load';
import type { ExportSettings, Format } from './export-settings';
import { notesOf } from './model-notes';
import type { Terminal } from './terminal';

/** Loads a model, and writes it in the format that was asked for. */
export async function runExport(settings: ExportSettings, terminal: Terminal): Promise<void> {
  const { checkpoint, recipe, weights, out, standingStatistics: batches } = settings;
  requirePlace(out);
  const model = await load(checkpoint, {
    ...{ recipe, weights, device: 'cpu' },
    standingStatistics: { batches },
  });
  try {
    for (const note of notesOf(model, weights)) terminal.warn(note);
    makeFolder(dirname(out));
    report(await WRITERS[settings.format](model, settings), { model, settings, terminal });
  } finally {
    model.dispose();
  }
}

/** What to tell of an export. */
interface Outcome {
  readonly bytes: number;
  readonly lines: readonly string[];
  readonly parity: Parity | null;
  readonly notes: readonly string[];
  readonly record: object;
}

const WRITERS: Readonly<Record<Format, (model: LoadedModel, settings: ExportSettings) => Promise<Outcome>>> =
  {
    async onnx(model, settings) {
      const { inputs, outputs, operators, ...told } = await exportOnnx(model, settings.out, settings);
      const line = `${portsText(inputs)} → ${portsText(outputs)}`;
      return { ...told, lines: [line], record: { inputs, outputs, operators } };
    },
    async web(model, settings) {
      const { out } = settings;
      const { files, ...told } = await exportWeb(model, out, settings);
      const modelBytes = sizeOf(files.filter(({ file }) => file === 'model.onnx'));
      const gpu = `the ${mebibytes(sizeOf(runtimeFiles(findRuntime()).webgpu))} of a runtime for WebGPU`;
      const lines = [
        `${files.length} files, of which the model has ${mebibytes(modelBytes)}: serve the folder, for example with npx http-server ${quote(out)}`,
        settings.webgpu ? `${gpu} are loaded where it is asked for on the page` : `--webgpu adds ${gpu}`,
      ];
      return { ...told, lines, record: { files } };
    },
    async torchscript(model, settings) {
      const { out } = settings;
      const { inputs, outputs, ...told } = await exportTorchScript(model, out, settings);
      const line = `torch.jit.load(${JSON.stringify(out)})(${inputs.join(', ')}) → ${outputs.join(', ')}`;
      return { ...told, lines: [line], record: { inputs, outputs } };
    },
    async safetensors(model, { out }) {
      const files = await exportSafetensors(model, out);
      const lines = files.map(({ file, tensors }) => `${file}: ${tensors} tensors`);
      return { bytes: sizeOf(files), lines, parity: null, notes: [], record: { files } };
    },
  };

function portsText(ports: ExportedOnnx['inputs']): string {
  return ports.map(({ name, type, shape }) => `${name} ${type} [${shape.join(', ')}]`).join(', ');
}

/** One `export`. */
interface ExportJob {
  readonly model: LoadedModel;
  readonly settings: ExportSettings;
  readonly terminal: Terminal;
}

function report(
  { bytes, lines, parity, notes, record }: Outcome,
  { settings, terminal, model }: ExportJob,
): void {
  const { out, format } = settings;
  const { checkpoint, step, weights } = model;
  for (const note of notes) terminal.log(`note: ${note}`);
  terminal.result(`${out}  ${mebibytes(bytes)}, step ${step}, ${weights} weights`);
  for (const line of lines) terminal.result(`  ${line}`);
  if (parity) terminal.result(`  ${parityText(parity, settings.pixels ?? 'float')}`);
  terminal.record({
    ...{ event: 'exported', out, format, bytes, checkpoint, step, weights },
    ...{ ...record, parity, notes },
  });
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}
