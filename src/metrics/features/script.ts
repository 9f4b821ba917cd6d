import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { ImageShape } from '../../data/dataset';
import { sizeOf } from '../../data/image-size';
import { GanError, messageOf } from '../../errors';
import { readError } from '../../io/file-error';
import { isJsonObject, type JsonObject, parseJson } from '../../io/json';
import { ScriptModule } from '../../io/script-module';
import { resolveDevice } from '../../tensor/device';
import type { Tensor } from '../../tensor/tensor';
import type { Extracted, FeatureExtractor } from '../extractor';
import { type InputForm, requireForm } from './input';
import { networkExtractor } from './module';

/** Options of {@link scriptExtractor}; what is not given is taken from the file's metadata. */
export interface ScriptExtractorOptions extends InputForm {
  /** Where it computes (cpu). */
  readonly device?: string;
  /** Images that it is tried with (those of `size` and `channels`, or 3×32×32). */
  readonly probe?: ImageShape;
}

/** What stands for the public detectors: the argument that asks for features instead of probabilities. */
const FEATURES_FLAG = 'return_features';
/** The published Inception Scores leave the last layer's bias out. */
const UNBIASED_FLAG = 'no_output_bias';

/**
 * The features of a TorchScript file, which LibTorch runs as it is.
 *
 * A detector as NVIDIA publishes them (`inception-2015-12-05.pt`), known by its argument `return_features`, takes bytes of any size and
 * resizes them inside, by TensorFlow's bilinear filter; its probabilities give the logits, without the last layer's bias where it
 * can leave that out. Any other script takes images as the options say, or the file's extra file `libtorch-gan.json`
 * (`{"range": [0, 1], "size": 224, "filter": "bicubic", "channels": 3}`), else in [−1, 1] as they come; it returns features [N, d], or a
 * pair or a dictionary of `features` and `logits`, which may hold feature maps [N, C, h, w] too: `map0`, `map1`, …
 *
 * @throws GanError `ERR_CANNOT_READ`, `ERR_BAD_SCRIPT`; `ERR_BAD_FEATURES` when no vectors come of it
 */
export async function scriptExtractor(
  file: string,
  options: ScriptExtractorOptions = {},
): Promise<FeatureExtractor> {
  const device = resolveDevice(options.device ?? 'cpu');
  const script = new ScriptModule(file, { device });
  try {
    const name = `torchscript:${basename(file)}`;
    const isDetector = script.argumentNames.includes(FEATURES_FLAG);
    const form = requireForm(name, isDetector ? { range: 'uint8', channels: 3 } : formOf(script, options));
    const { size = 32, channels = 3 } = form;
    return networkExtractor({
      name,
      sha256: await fileSha256(file),
      device,
      form,
      ...(isDetector && { resize: 'inside the script' }),
      probe: options.probe ?? { channels, ...sizeOf(size) },
      compute: isDetector ? detector(script) : (images) => namedResults(name, script.run(images)),
      maps: isDetector ? undefined : (images) => namedMaps(script.run(images)),
      dispose: () => script.dispose(),
    });
  } catch (error) {
    script.dispose();
    throw error;
  }
}

function detector(script: ScriptModule): (images: Tensor) => Extracted {
  const unbiased = script.argumentNames.includes(UNBIASED_FLAG) ? [UNBIASED_FLAG] : [];
  return (images) => {
    const features = only(script.run(images, { flags: [FEATURES_FLAG] }));
    const probabilities = only(script.run(images, { flags: unbiased }));
    // Up to a constant a row, which softmax does not see, logits are logarithms of probabilities.
    return { features, logits: probabilities.float().clamp({ min: 1e-38 }).log() };
  };
}

function only(results: Readonly<Record<string, Tensor>>): Tensor {
  const [tensor] = Object.values(results);
  return tensor;
}

function namedResults(name: string, results: Readonly<Record<string, Tensor>>): Extracted {
  const { features = results[''] ?? results['0'], logits = results['1'] ?? null } = results;
  if (features) return { features, logits };
  throw new GanError(
    'ERR_BAD_FEATURES',
    `${name}: expected the script to return features, a pair (features, logits), or a dictionary of them, but it returned ${Object.keys(results).join(', ') || 'nothing'}`,
  );
}

/** `map0`, `map1`, … of a dictionary; null where there is none. */
function namedMaps(results: Readonly<Record<string, Tensor>>): Tensor[] | null {
  const names = Object.keys(results).filter((name) => /^map\d+$/.test(name));
  if (names.length === 0) return null;
  return names.sort((a, b) => Number(a.slice(3)) - Number(b.slice(3))).map((name) => results[name]);
}

function formOf({ file, metadata }: ScriptModule, { range, size, filter, channels }: InputForm): InputForm {
  const given = Object.entries({ range, size, filter, channels }).filter(([, value]) => value !== undefined);
  const { range: ownRange, size: ownSize, filter: ownFilter, channels: ownChannels } = parse(file, metadata);
  // Checked by requireForm.
  const own = { range: ownRange, size: ownSize, filter: ownFilter, channels: ownChannels } as InputForm;
  return { ...own, ...Object.fromEntries(given) };
}

function parse(file: string, metadata: string): JsonObject {
  if (metadata === '') return {};
  let value: unknown;
  try {
    value = parseJson(metadata);
  } catch (error) {
    throw new GanError('ERR_BAD_SCRIPT', `${file}: its libtorch-gan.json is no JSON: ${messageOf(error)}`);
  }
  if (isJsonObject(value)) return value;
  throw new GanError('ERR_BAD_SCRIPT', `${file}: its libtorch-gan.json should be a JSON object in braces`);
}

/** The sha256 of a file's bytes, in lower-case hexadecimal. */
async function fileSha256(file: string): Promise<string> {
  const hash = createHash('sha256');
  try {
    for await (const chunk of createReadStream(file)) hash.update(chunk);
  } catch (error) {
    throw readError(file, error);
  }
  return hash.digest('hex');
}
