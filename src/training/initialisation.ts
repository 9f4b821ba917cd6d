/** Shapes of a tensor that a network and the source have under the same name. */
export interface OtherShape {
  readonly expected: readonly number[];
  readonly found: readonly number[];
}

/** What of a network came from the source. */
export interface InitialisedNetwork {
  /** Tensors of its state dict, and how many of them were loaded. */
  readonly tensors: number;
  readonly fitted: number;
  /** Numbers in its parameters that were loaded. */
  readonly parameters: number;
  /** Names that the source does not have: these tensors stayed as they were. */
  readonly missing: readonly string[];
  /** Tensors that the source has in another shape, by name: these, too. */
  readonly otherShape: Readonly<Record<string, OtherShape>>;
  /** Buffers that stayed because another of their layer has another shape there: running statistics count together. */
  readonly parted: readonly string[];
  /** What the source calls tensors that have other names here, by these. Absent where all names are the same. */
  readonly renamed?: Readonly<Record<string, string>>;
  /** Biases that are 0 because the source has their layers without one. Absent where there are none, or they started anew. */
  readonly zeroed?: readonly string[];
}

/** What `initialise` took from where; a run's `config.json` and checkpoints have it as `init`. */
export interface Initialisation {
  /** The checkpoint's folder or the file, as an absolute path. */
  readonly source: string;
  /** Steps that the source was trained; null for a file that does not say. */
  readonly step: number | null;
  /** Of the file; of a checkpoint's manifest, which has the hashes of its files. */
  readonly sha256: string;
  readonly networks: Readonly<Record<string, InitialisedNetwork>>;
  /** Names in the source that no network has. */
  readonly unused: readonly string[];
}

/** Names that are told one by one. */
const TOLD = 3;

/** What fitted, in one line: `RUN, step 500: generator 14 of 16 tensors (3,576,704 parameters); discriminator …`. */
export function fittedText({ source, step, networks }: Initialisation): string {
  const from = step === null ? source : `${source}, step ${step}`;
  const fitted = Object.entries(networks).map(
    ([name, { tensors, fitted, parameters }]) =>
      `${name} ${fitted} of ${tensors} tensors (${parameters.toLocaleString('en-US')} parameter${parameters === 1 ? '' : 's'})`,
  );
  return `${from}: ${fitted.join('; ')}`;
}

/** Names that were found for tensors of the source, a line for each network that has any: `generator main.0.weight → 0.weight, …`. */
export function renamedTexts({ networks }: Initialisation): string[] {
  return Object.entries(networks).flatMap(([name, { renamed = {} }]) => {
    const texts = Object.entries(renamed).map(([ours, theirs]) => `${theirs} → ${ours}`);
    return texts.length > 0 ? [`${name} ${listText(texts, ', ')}`] : [];
  });
}

/** What did not fit, a line for each network that kept tensors of its own, and one for what the source has beside; none where all fitted. */
export function unfittedTexts({ networks, unused }: Initialisation): string[] {
  const kept = Object.entries(networks).flatMap(([name, network]) => {
    const { tensors, missing, otherShape, parted } = network;
    if (missing.length === tensors)
      return [`${name} starts anew: the source has none of its ${tensors} tensors`];
    const reasons = [
      ...Object.entries(otherShape).map(
        ([tensor, { expected, found }]) =>
          `${tensor} [${expected.join(', ')}], which is [${found.join(', ')}] in the source`,
      ),
      ...missing.map((tensor) => `${tensor}, which the source lacks`),
      ...parted.map((tensor) => `${tensor}, whose layer has another shape in the source`),
    ];
    return reasons.length > 0 ? [`${name} starts anew with ${listText(reasons, '; ')}`] : [];
  });
  return unused.length > 0 ? [...kept, `not used of the source: ${listText(unused, ', ')}`] : kept;
}

/** The first of some texts, and how many there are besides. */
export function listText(texts: readonly string[], separator: string): string {
  const told = texts.slice(0, TOLD).join(separator);
  return texts.length > TOLD ? `${told}${separator}and ${texts.length - TOLD} more` : told;
}
