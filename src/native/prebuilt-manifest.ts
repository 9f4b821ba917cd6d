import * as fs from 'node:fs';
import * as path from 'node:path';

/** The file of a prebuilt package that says what its addon was compiled for. */
export const MANIFEST = 'prebuilt.json';

/** What a prebuilt addon was compiled for and from. */
export interface PrebuiltManifest {
  /** The version of libtorch-gan. */
  readonly library: string;
  /** The hash of the sources: `nativeSourcesHash`. */
  readonly sources: string;
  /** E.g. `linux-x64`. */
  readonly platform: string;
  /** The oldest glibc that it runs on; `null` where it needs none. */
  readonly glibc: string | null;
  /** The newest interface of libstdc++ that it needs, e.g. `GLIBCXX_3.4.30`; `null` where it needs none. */
  readonly libstdcxx: string | null;
  /** The C++ ABI in words: `libstdc++, C++11 strings`. */
  readonly abi: string;
  readonly nodeApi: number;
  /** The one version of LibTorch that it works with. */
  readonly libtorch: string;
  readonly cuda: boolean;
  readonly compiler: string;
  /** The instruction sets that it has code for; the first is what it needs at least, of the others it chooses at run time. */
  readonly instructions: readonly string[];
  /** Files of LibTorch's lib/ that must be loaded before it, in this order. */
  readonly libraries: readonly string[];
  readonly addon: PackedFile;
  /** The module that loads them. */
  readonly opener: PackedFile;
}

/** A file of a prebuilt package. */
export interface PackedFile {
  readonly name: string;
  readonly sha256: string;
}

/** Reads the manifest of the package in `folder`; a sentence where it is damaged. It does not throw. */
export function readManifest(folder: string): PrebuiltManifest | string {
  let value: unknown;
  try {
    value = JSON.parse(fs.readFileSync(path.join(folder, MANIFEST), 'utf8'));
  } catch {
    return `its ${MANIFEST} is missing or no JSON: install it again`;
  }
  const wrong = Object.entries(FIELDS).find(([name, fits]) => !fits(fieldOf(value, name)));
  if (wrong) return `its ${MANIFEST} is damaged at ${JSON.stringify(wrong[0])}: install it again`;
  return value as PrebuiltManifest;
}

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isHash = (value: unknown): boolean => typeof value === 'string' && /^[0-9a-f]{64}$/.test(value);
// A name with a folder in it could lead out of the package, or of LibTorch.
const isFileName = (value: unknown): boolean =>
  typeof value === 'string' && /^[\w.+-]+$/.test(value) && !/^\.+$/.test(value);
const isListOf = (each: (value: unknown) => boolean) => (value: unknown) =>
  Array.isArray(value) && value.length > 0 && value.every(each);
const isOrNull = (fits: (value: unknown) => boolean) => (value: unknown) => value === null || fits(value);
const isVersion = (value: unknown): boolean => typeof value === 'string' && /^\d+(\.\d+)*$/.test(value);
const isPackedFile = (value: unknown): boolean =>
  isFileName(fieldOf(value, 'name')) && isHash(fieldOf(value, 'sha256'));

const FIELDS: Readonly<Record<keyof PrebuiltManifest, (value: unknown) => boolean>> = {
  library: isText,
  sources: isHash,
  platform: isText,
  glibc: isOrNull(isVersion),
  libstdcxx: isOrNull(isText),
  abi: isText,
  nodeApi: Number.isInteger,
  libtorch: isVersion,
  cuda: (value) => typeof value === 'boolean',
  compiler: isText,
  instructions: isListOf(isText),
  libraries: isListOf(isFileName),
  addon: isPackedFile,
  opener: isPackedFile,
};

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
}
