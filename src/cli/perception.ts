import { type Dataset, keptPart } from '../data/dataset';
import { UsageError } from '../errors';
import type { FeatureExtractor } from '../metrics/extractor';
import { openFeatures } from '../metrics/features/open';
import { progressOf } from './progress';
import type { Terminal } from './terminal';
import { featuresFor } from './usual-features';

/** What a perceptual loss is of. */
interface Perceived {
  /** The feature network: a name or a file; undefined for the usual one. */
  readonly features: string | undefined;
  /** What is learned, with the images that should come out under `target`. */
  readonly dataset: Dataset;
  readonly dataDir: string | undefined;
  readonly device: string;
  readonly terminal: Terminal;
}

/**
 * The feature network of a perceptual loss, the caller's to dispose: that of `--features`, or the usual one of the images.
 *
 * @throws UsageError for one through which images get no gradient
 */
export async function openPerception(perceived: Perceived): Promise<FeatureExtractor> {
  const { dataDir, device, terminal } = perceived;
  const dataset = keptPart(perceived.dataset, 'target');
  const name = perceived.features ?? featuresFor(dataset, terminal);
  const features = await openFeatures(name, {
    dataset,
    dataDir,
    device,
    onProgress: progressOf(terminal),
    onNote: (note) => terminal.log(note),
  });
  if (features.responses) {
    terminal.log(`perceives  by ${features.name}`);
    return features;
  }
  features.dispose();
  throw new UsageError(
    `a perceptual loss needs a feature network with maps through which images get a gradient, but ${features.name} has none: name another with --features, or try --set perceptual=0`,
  );
}
