import { join } from 'node:path';
import type { DataSpecs } from '../data/dataset';
import type { JsonObject } from '../io/json';
import { tensorsToRecords } from '../io/tensors';
import { scope } from '../tensor/scope';
import { checkpointName, writeCheckpoint } from './checkpoint';
import type { Initialisation } from './initialisation';
import { type Latent, latentShape } from './latent';
import type { Networks } from './phase';
import { topologyOf, versions } from './run-description';
import { RunDirectory } from './run-directory';

/** Networks whose weights came from elsewhere. */
export interface ImportedModel {
  readonly networks: Networks;
  /** The images that they were trained on, by their names in batches. */
  readonly specs: DataSpecs;
  /** Names of the classes of those images, by number; none for none. */
  readonly classNames: readonly string[];
  /** Of what it makes images; undefined for models that take images in. */
  readonly latent: Latent | undefined;
  /** What a training would have been started with; `recipe` and `set` build the networks again. */
  readonly settings: JsonObject;
  readonly init: Initialisation;
}

/**
 * Writes a run directory of networks that were not trained here: a configuration, and one checkpoint of step 0 that holds them and
 * no state of a training: `isImported` knows it.
 *
 * @returns the checkpoint's folder
 * @throws GanError `ERR_CANNOT_WRITE`, `ERR_RUN_EXISTS`, `ERR_RUN_LOCKED`
 */
export async function writeImportedRun(path: string, model: ImportedModel): Promise<string> {
  const { networks, specs, latent, classNames, settings, init } = model;
  const data = { images: { classNames } };
  const shared = {
    settings,
    init: { ...init },
    topology: topologyOf({ networks }),
    versions: versions(),
  };
  const files = scope(() =>
    Object.fromEntries(
      Object.entries(networks).map(([name, network]) => [
        `networks/${name}`,
        tensorsToRecords(network.stateDict()),
      ]),
    ),
  );
  const run = await RunDirectory.create(path);
  try {
    await run.writeConfig({
      ...shared,
      imported: true,
      dataset: { specs, data },
      ...(latent && { latentShape: latentShape(latent) }),
    });
    const checkpoint = join(run.checkpoints, checkpointName(0));
    await writeCheckpoint(
      checkpoint,
      { ...shared, step: 0, images: 0, specs, data, batchesPerEpoch: 0, loader: {} },
      files,
    );
    return checkpoint;
  } finally {
    run.close();
  }
}
