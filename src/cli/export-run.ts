import { rename, rm, stat, writeFile } from 'node:fs/promises';
import { taskOf } from '../export/model-task';
import { exportOnnx, type OnnxExport } from '../export/onnx-file';
import type { Parity } from '../export/parity';
import { parityText } from '../export/parity-text';
import { findRuntime } from '../export/runtime';
import { exportScript } from '../export/script-file';
import type { ExportTask } from '../export/task';
import { runtimeFiles, sizeOf } from '../export/web/runtime-files';
import { writeWeb } from '../export/web/write';
import { exportWeights } from '../export/weights-folder';
import { writeWhole } from '../io/whole-file';
import { load } from '../recipes/index';
import type { LoadedModel } from '../training/load';
import type { ExportSettings, Format } from './export-settings';
import { notesOf } from './model-notes';
import type { Terminal } from './terminal';

/** One `export`. */
interface ExportJob {
  readonly model: LoadedModel;
  readonly task: ExportTask;
  readonly settings: ExportSettings;
  readonly terminal: Terminal;
}

/** Loads a model, and writes it in the format that was asked for. */
export async function runExport(settings: ExportSettings, terminal: Terminal): Promise<void> {
  const { checkpoint, recipe, weights, standingStatistics: batches } = settings;
  const model = await load(checkpoint, {
    ...{ recipe, weights, device: 'cpu' },
    standingStatistics: { batches },
  });
  try {
    for (const note of notesOf(model, weights)) terminal.warn(note);
    const task = taskOf(model, settings);
    await WRITERS[settings.format]({ model, task, settings, terminal });
  } finally {
    model.dispose();
  }
}

const WRITERS: Readonly<Record<Format, (job: ExportJob) => Promise<void>>> = {
  onnx: writeOnnxFile,
  web: writePage,
  torchscript: writeScriptFile,
  safetensors: writeWeights,
};

async function writeOnnxFile(job: ExportJob): Promise<void> {
  const { out } = job.settings;
  const made = await onnxOf(job);
  await writeWhole(out, (file) => writeFile(file, made.bytes));
  const { bytes, inputs, outputs, operators, parity, notes } = made;
  const ports = (list: OnnxExport['inputs']) =>
    list.map(({ name, type, shape }) => `${name} ${type} [${shape.join(', ')}]`).join(', ');
  report(job, {
    bytes: bytes.byteLength,
    lines: [`${ports(inputs)} → ${ports(outputs)}`],
    parity,
    notes,
    record: { inputs, outputs, operators },
  });
}

/** The ONNX model of a job. */
function onnxOf({ model, task, settings }: ExportJob): Promise<OnnxExport> {
  const { precision, opset } = settings;
  const { checkpoint, step, weights, settings: trained, classNames } = model;
  const metadata = {
    ...{ recipe: String(trained.recipe), checkpoint, step: String(step), weights },
    ...(classNames.length > 0 && { classNames: JSON.stringify(classNames) }),
    facts: JSON.stringify(task.facts),
  };
  return exportOnnx(task, { precision, opset, text: { name: String(trained.recipe), metadata } });
}

async function writePage(job: ExportJob): Promise<void> {
  const { task, model: loaded, settings } = job;
  const { out, webgpu } = settings;
  // First of all: a comparison takes its time, and would be in vain.
  const runtime = runtimeFiles(findRuntime());
  const model = await onnxOf(job);
  const title = `${loaded.settings.recipe}, step ${loaded.step}`;
  const files = await writeWeb(out, { task, model, title, runtime, webgpu });
  const gpu = `the ${mebibytes(sizeOf(runtime.webgpu))} of a runtime for WebGPU`;
  report(job, {
    bytes: sizeOf(files),
    lines: [
      `${files.length} files, of which the model has ${mebibytes(model.bytes.byteLength)}: serve the folder, for example with npx http-server ${out}`,
      webgpu ? `${gpu} are loaded where it is asked for on the page` : `--webgpu adds ${gpu}`,
    ],
    parity: model.parity,
    notes: model.notes,
    record: { files },
  });
}

async function writeScriptFile(job: ExportJob): Promise<void> {
  const { out } = job.settings;
  // Under its own name only once it was read back and agreed.
  const partial = `${out}.${process.pid}.tmp`;
  try {
    const { inputs, outputs, parity, notes } = await exportScript(job.task, partial);
    await rename(partial, out);
    const { size } = await stat(out);
    const line = `torch.jit.load("${out}")(${inputs.join(', ')}) → ${outputs.join(', ')}`;
    report(job, { bytes: size, lines: [line], parity, notes, record: { inputs, outputs } });
  } finally {
    await rm(partial, { force: true });
  }
}

async function writeWeights(job: ExportJob): Promise<void> {
  const { model, settings, task } = job;
  const files = await exportWeights(model, settings.out, task.facts);
  const lines = files.map(({ file, tensors }) => `${file}: ${tensors} tensors`);
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0);
  report(job, { bytes, lines, parity: null, notes: [], record: { files } });
}

/** What to tell of an export. */
interface Outcome {
  readonly bytes: number;
  readonly lines: readonly string[];
  readonly parity: Parity | null;
  readonly notes: readonly string[];
  readonly record: object;
}

function report(
  { settings, terminal, model }: ExportJob,
  { bytes, lines, parity, notes, record }: Outcome,
): void {
  const { out, format } = settings;
  const { checkpoint, step, weights } = model;
  for (const note of notes) terminal.log(`note: ${note}`);
  terminal.result(`${out}  ${mebibytes(bytes)}, step ${step}, ${weights} weights`);
  for (const line of lines) terminal.result(`  ${line}`);
  if (parity) terminal.result(`  ${parityText(parity)}`);
  terminal.record({
    ...{ event: 'exported', out, format, bytes, checkpoint, step, weights },
    ...{ ...record, parity, notes },
  });
}

function mebibytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(2)} MiB`;
}
