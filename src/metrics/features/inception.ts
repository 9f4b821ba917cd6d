import { sizeOf } from '../../data/image-size';
import { GanError, hasCode, messageOf } from '../../errors';
import { type ReadFile, readSafetensors } from '../../io/safetensors';
import { recordsToTensors } from '../../io/tensors';
import { INCEPTION_RESOLUTION, Inception, inceptionName } from '../../models/inception';
import { resolveDevice } from '../../tensor/device';
import { scope } from '../../tensor/scope';
import type { FeatureExtractor } from '../extractor';
import { networkExtractor } from './module';
import { untouchedRandom } from './random';
import type { ResizeFilter } from './resize-images';
import { stateSha256 } from './state-hash';

/** Options of {@link inceptionExtractor}. */
export interface InceptionExtractorOptions {
  /** Where it computes (cpu). */
  readonly device?: string;
  /** How images become 299×299 (bilinear). */
  readonly filter?: ResizeFilter;
}

/** Where the weights come from, and how a file of them is made. */
export const INCEPTION_HELP =
  'get pt_inception-2015-12-05-6726825d.pth from https://github.com/mseitzer/pytorch-fid/releases/tag/fid_weights and convert it: ' +
  'python3 scripts/convert-inception.py pt_inception-2015-12-05-6726825d.pth inception.safetensors';

const EXPECTED =
  'expected the FID network’s tensors (Conv2d_1a_3x3.conv.weight [32, 3, 3, 3], …, Mixed_7c.branch_pool.bn.running_var [192], fc.weight [1008, 2048], fc.bias [1008])';

/**
 * The features that published Fréchet Inception Distances are made of: "pool3" [N, 2048] of the {@link Inception} network, from a local file
 * of its weights under torchvision's names. Images are resized to 299×299, antialiased; grey ones are repeated to three channels.
 * The logits [N, 1008] are without the last layer's bias, as in published Inception Scores.
 *
 * @throws GanError `ERR_CANNOT_READ`, `ERR_BAD_SAFETENSORS`, `ERR_BAD_FEATURES` for a file of other tensors; each says where to get the
 *   weights and how to convert them
 */
export async function inceptionExtractor(
  file: string,
  { device: wanted = 'cpu', filter = 'bilinear' }: InceptionExtractorOptions = {},
): Promise<FeatureExtractor> {
  const device = resolveDevice(wanted);
  const read = await readSafetensors(file).catch((error: unknown) => {
    if (hasCode(error, 'ERR_CANNOT_READ') || hasCode(error, 'ERR_BAD_SAFETENSORS'))
      throw new GanError(codeOf(error), `${messageOf(error)}; ${INCEPTION_HELP}`, { cause: error });
    throw error;
  });
  return inceptionFrom(file, read, { device, filter });
}

/** {@link inceptionExtractor} from a file that was read. */
export function inceptionFrom(
  file: string,
  read: ReadFile,
  { device, filter }: Required<InceptionExtractorOptions>,
): FeatureExtractor {
  const network = untouchedRandom(() => new Inception().to({ device: 'cpu' }));
  try {
    loadWeights(network, file, read);
    network.eval().freeze().to({ device });
    return networkExtractor({
      name: 'inception',
      sha256: stateSha256(network),
      device,
      form: { size: INCEPTION_RESOLUTION, filter, channels: 3 },
      probe: { channels: 3, ...sizeOf(INCEPTION_RESOLUTION) },
      compute: (images) => {
        const features = network.forward(images);
        return { features, logits: network.logits(features) };
      },
      maps: (images) => network.maps(images),
      dispose: () => network.dispose(),
    });
  } catch (error) {
    network.dispose();
    throw error;
  }
}

/** Whether a file holds this network, or one much like it. */
export function looksLikeInception({ records }: Pick<ReadFile, 'records'>): boolean {
  return 'Conv2d_1a_3x3.conv.weight' in records;
}

function loadWeights(network: Inception, file: string, { records, sha256 }: ReadFile): void {
  const named = Object.entries(records).map(([name, record]) => [inceptionName(name), record] as const);
  try {
    scope(() => {
      // How many batches a batch norm saw: of no use at rest, and older checkpoints have none.
      const counters = Object.entries(network.stateDict()).filter(([name]) => name.endsWith('tracked'));
      const state = recordsToTensors(Object.fromEntries(named), { device: 'cpu' });
      network.loadStateDict({ ...Object.fromEntries(counters), ...state });
    });
  } catch (error) {
    if (!hasCode(error, 'ERR_STATE_DICT') && !hasCode(error, 'ERR_BAD_SAFETENSORS')) throw error;
    const message = messageOf(error);
    const why = message.length > 200 ? `${message.slice(0, 200)}…` : message;
    throw new GanError(
      'ERR_BAD_FEATURES',
      `${file} (sha256 ${sha256}): ${EXPECTED}, but ${why}; ${INCEPTION_HELP}`,
      { cause: error },
    );
  }
}

function codeOf(error: unknown): string {
  return hasCode(error, 'ERR_CANNOT_READ') ? 'ERR_CANNOT_READ' : 'ERR_BAD_SAFETENSORS';
}
