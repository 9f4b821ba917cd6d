import { isAbsolute, relative, resolve } from 'node:path';
import { domainNames, parseName } from '../data/sources';
import { isTorchScript } from '../io/program-name';
import type { Resolved } from './settings';

/** What of a command line has paths that a run keeps. */
type Paths = Pick<Resolved, 'settings' | 'evaluation'>;

/**
 * Settings with absolute paths of data and features: a run is opened from other folders, where a relative path would lead to other images.
 *
 * @param kept what the run that is gone on with has, whose relative paths stay: to make them absolute here might be wrong
 */
export function withAbsolutePaths<R extends Paths>(resolved: R, kept?: Paths): R {
  const { settings, evaluation } = resolved;
  const { dataset, dataDir, features } = settings;
  const before = kept?.settings;
  return {
    ...resolved,
    settings: {
      ...settings,
      dataset: dataset === before?.dataset ? dataset : absoluteDataset(dataset),
      dataDir: dataDir === undefined || dataDir === before?.dataDir ? dataDir : resolve(dataDir),
      ...(features !== undefined && {
        features: features === before?.features ? features : absoluteFeatures(features),
      }),
    },
    evaluation: evaluation && {
      ...evaluation,
      features:
        evaluation.features === undefined || evaluation.features === kept?.evaluation?.features
          ? evaluation.features
          : absoluteFeatures(evaluation.features),
    },
  };
}

/** The name of a data set for a person: paths below the working directory relative to it. */
export function shownDataset(name: string): string {
  return renamed(name, (path) => {
    const below = relative('', path);
    return below === '' || below.startsWith('..') || isAbsolute(below) ? path : below;
  });
}

function absoluteDataset(name: string): string {
  return renamed(name, (path) => resolve(path));
}

/** `folder:photos` with another path; sets with a name of their own have none. */
function renamed(name: string, pathOf: (path: string) => string): string {
  const { kind, place } = parseName(name);
  if (kind === 'set') return name;
  const domains = kind === 'unpaired' ? domainNames(place) : null;
  const renamedPlace = domains ? domains.map((each) => renamed(each, pathOf)).join('+') : pathOf(place);
  return `${kind}:${renamedPlace}`;
}

/** What `--features` names: the FID network and classifiers of sets by name, all else files. */
function absoluteFeatures(features: string): string {
  const [, prefix, rest] = /^(classifier|inception):(.+)$/.exec(features) ?? [];
  if (prefix === 'classifier') return `classifier:${absoluteDataset(rest)}`;
  if (prefix === 'inception') return `inception:${resolve(rest)}`;
  // Anything else is a name, or an unknown one that is refused by what was typed.
  return isTorchScript(features) || features.endsWith('.safetensors') ? resolve(features) : features;
}
