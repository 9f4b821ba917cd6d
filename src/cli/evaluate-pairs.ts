import { keptPart } from '../data/dataset';
import { JUDGED_SEED } from '../data/degraded-dataset';
import type { PartImages } from '../data/part-images';
import { messageOf, UsageError } from '../errors';
import { asBaseLine } from '../metrics/base-line';
import { type Comparison, checkComparison } from '../metrics/comparison';
import { evaluatePairs, requireMaps } from '../metrics/evaluate-pairs';
import type { ImageSource } from '../metrics/image-source';
import { imageOrder } from '../metrics/real-images';
import { ofCopy, ofMean } from '../report/evaluations';
import { openJobFeatures } from './evaluation-features';
import type { EvaluationJob } from './evaluation-job';
import type { Shown } from './judged';

/** What is judged by its targets: a model's outputs, and beside them the copies of its inputs. */
export async function judgePairs(
  job: EvaluationJob,
  { dataset, split, to, masks, copies, compared }: Shown,
): Promise<void> {
  const { settings, judged, device, terminal, onProgress, signal, tell } = job;
  const { metrics, seed, colours, border } = settings;
  const asked = Object.fromEntries(
    Object.entries({ colours, border }).filter(([, value]) => value !== undefined),
  );
  const targets = dataset.parts[to];
  checkBorder({ ...compared, ...asked }, targets, job);
  const extractor = metrics.pairs.includes('lpips')
    ? await openJobFeatures(job, keptPart(dataset, to))
    : undefined;
  try {
    if (extractor) requireMaps(extractor);
    terminal.log(`judging  ${judged.described}`);
    terminal.log(`against  what they should be${extractor ? `, lpips by ${extractor.name}` : ''}`);
    const judge = (images: ImageSource) =>
      evaluatePairs({
        images,
        onNote: images === copies ? undefined : (note) => terminal.warn(note),
        targets,
        order: imageOrder(targets, images.count),
        metrics: metrics.pairs,
        compared: { ...compared, ...asked },
        masks,
        extractor,
        protocol: { split, seed, ...(masks && { maskSeed: JUDGED_SEED }) },
        device,
        onProgress,
        signal,
      });
    await tell(await judge(judged.source), asBaseLine(await judge(copies), masks ? ofMean : ofCopy));
  } finally {
    extractor?.dispose();
  }
}

/** Before a feature network is trained, and images are made. @throws UsageError for a border that leaves too little */
function checkBorder(
  compared: Comparison,
  { spec }: PartImages,
  { settings: { border, metrics } }: Pick<EvaluationJob, 'settings'>,
): void {
  try {
    checkComparison(compared, spec, metrics.pairs);
  } catch (error) {
    if (border === undefined) throw error;
    throw new UsageError(`--border ${border}: ${messageOf(error)}`, { cause: error });
  }
}
