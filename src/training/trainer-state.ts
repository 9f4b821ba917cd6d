import type { Loader } from '../data/loader';
import { GanError } from '../errors';
import type { TensorRecord, TensorRecords } from '../io/safetensors';
import { recordsToTensors, tensorsToRecords } from '../io/tensors';
import type { Optimizer } from '../optim/optimizer';
import { isCpu } from '../tensor/device';
import { getRngState, setRngState } from '../tensor/random';
import { scope } from '../tensor/scope';
import type { Trainer } from './trainer';

type Files = Record<string, TensorRecords>;

/** Everything the next step depends on, by the name of the checkpoint's file. */
export function captureState(trainer: Trainer, loader: Loader): Files {
  return scope(() => {
    const files: Files = {};
    for (const [name, network] of Object.entries(trainer.networks))
      files[name] = tensorsToRecords(network.stateDict());
    if (trainer.ema) files.ema = tensorsToRecords(trainer.ema.module.stateDict());
    for (const [name, optimizer] of optimizers(trainer))
      files[optimizerFile(name)] = tensorsToRecords(optimizer.stateDict());
    files.state = captureCounters(trainer, loader);
    return files;
  });
}

/**
 * Puts back what `captureState` took.
 *
 * @throws GanError `ERR_BAD_CHECKPOINT` or `ERR_STATE_DICT` where the checkpoint is of another model
 */
export function restoreState(trainer: Trainer, loader: Loader, files: Readonly<Files>): void {
  scope(() => {
    const load = (name: string) => recordsToTensors(filed(files, name), { device: trainer.device });
    for (const [name, network] of Object.entries(trainer.networks)) network.loadStateDict(load(name));
    trainer.ema?.module.loadStateDict(load('ema'));
    for (const [name, optimizer] of optimizers(trainer)) optimizer.loadStateDict(load(optimizerFile(name)));
    restoreCounters(trainer, loader, filed(files, 'state'));
    trainer.forgetGraphs();
  });
}

/** Each optimizer once, by the name of the first phase that holds it. */
function optimizers({ phases }: Trainer): [phase: string, optimizer: Optimizer][] {
  const first = phases.filter(
    ({ optimizer }, i) => phases.findIndex((other) => other.optimizer === optimizer) === i,
  );
  return first.map(({ name, optimizer }) => [name, optimizer]);
}

function optimizerFile(phase: string): string {
  return `optimizer-${phase}`;
}

function captureCounters(trainer: Trainer, loader: Loader): TensorRecords {
  const { epoch, position, seed } = loader.state();
  const records: Record<string, TensorRecord> = {
    step: integers(trainer.step),
    images: integers(trainer.images),
    'loader.epoch': integers(epoch),
    'loader.position': integers(position),
    'loader.seed': integers(seed),
    'loader.batches_per_epoch': integers(loader.batchesPerEpoch),
    'random.latents': bytes(trainer.random.getState()),
    'random.cpu': bytes(getRngState()),
  };
  if (!isCpu(trainer.device)) records['random.cuda'] = bytes(getRngState(trainer.device));
  if (trainer.ema) records['ema.updates'] = integers(trainer.ema.updates);
  return records;
}

function restoreCounters(trainer: Trainer, loader: Loader, records: TensorRecords): void {
  const integer = (name: string) => Number(new BigInt64Array(filed(records, name).bytes.slice().buffer)[0]);
  const batches = integer('loader.batches_per_epoch');
  if (batches !== loader.batchesPerEpoch)
    throw new GanError(
      'ERR_LOADER_STATE',
      `expected the data set the run was trained on, with ${batches} batches an epoch, but "${loader.name}" has ${loader.batchesPerEpoch} of ${loader.batch}: check the data set, its folder and the batch`,
    );
  trainer.step = integer('step');
  trainer.images = integer('images');
  loader.setState({
    epoch: integer('loader.epoch'),
    position: integer('loader.position'),
    seed: integer('loader.seed'),
  });
  if (trainer.ema) trainer.ema.updates = integer('ema.updates');
  setRngState(filed(records, 'random.cpu').bytes);
  // A run may go on another kind of device; its random numbers then start from the seed.
  if (!isCpu(trainer.device) && records['random.cuda'])
    setRngState(records['random.cuda'].bytes, trainer.device);
  const latents = filed(records, 'random.latents').bytes;
  if (latents.length === trainer.random.getState().length) trainer.random.setState(latents);
}

function filed<T>(holder: Readonly<Record<string, T>>, name: string): T {
  if (Object.hasOwn(holder, name)) return holder[name];
  throw new GanError(
    'ERR_BAD_CHECKPOINT',
    `the checkpoint expected an entry ${name} but has ${Object.keys(holder).join(', ')}: it is of another model`,
  );
}

function integers(...values: number[]): TensorRecord {
  const view = BigInt64Array.from(values, BigInt);
  return { dtype: 'I64', shape: [values.length], bytes: new Uint8Array(view.buffer) };
}

function bytes(view: Uint8Array): TensorRecord {
  return { dtype: 'U8', shape: [view.length], bytes: view };
}
