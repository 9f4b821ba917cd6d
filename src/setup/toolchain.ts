import { firstLine } from './run';

/** A program that setup needs, as found on this machine. */
export interface Tool {
  readonly name: 'compiler' | 'cmake' | 'ninja' | 'python' | 'pip';
  /** What is needed, in words. */
  readonly need: string;
  /** What the program says of itself; `null` where it is missing or too old. */
  readonly version: string | null;
  /** What to type to get it. */
  readonly install: string;
  /** Setup cannot compile without it. */
  readonly required: boolean;
}

/** Oldest CMake that CMakeLists.txt configures with. */
const OLDEST_CMAKE = [3, 20] as const;

/** Looks for the compiler, CMake, Ninja, Python and pip. */
export function toolchain(env: NodeJS.ProcessEnv = process.env): readonly Tool[] {
  const compiler = env.CXX || 'c++';
  const version = (command: string, ...args: string[]) => firstLine(command, [...args, '--version'], env);
  const cmake = version('cmake');
  return [
    {
      name: 'compiler',
      need: `a C++20 compiler (${compiler})`,
      version: version(compiler),
      install: process.platform === 'darwin' ? 'xcode-select --install' : packages('g++'),
      required: true,
    },
    {
      name: 'cmake',
      need: `CMake ${OLDEST_CMAKE.join('.')} or newer`,
      version: isRecentCmake(cmake) ? cmake : null,
      install: packages('cmake'),
      required: true,
    },
    {
      name: 'ninja',
      need: 'Ninja',
      version: version('ninja'),
      install: packages('ninja-build'),
      required: false,
    },
    {
      name: 'python',
      need: 'Python 3',
      version: version('python3'),
      install: packages('python3'),
      required: false,
    },
    {
      name: 'pip',
      need: 'pip',
      version: version('python3', '-m', 'pip'),
      install: packages('python3-pip'),
      required: false,
    },
  ];
}

/** What is missing to compile and what to type, as one sentence; `null` where nothing is. */
export function missingTools(tools: readonly Tool[]): string | null {
  const missing = tools.filter((tool) => tool.required && tool.version === null);
  if (missing.length === 0) return null;
  const needs = missing.map((tool) => tool.need).join(' and ');
  return `${needs} expected, none found: \`${missing.map((tool) => tool.install).join(' && ')}\``;
}

function packages(debian: string): string {
  if (process.platform !== 'darwin') return `sudo apt-get install ${debian}`;
  return `brew install ${debian === 'ninja-build' ? 'ninja' : debian === 'cmake' ? 'cmake' : 'python'}`;
}

function isRecentCmake(version: string | null): boolean {
  const [major, minor] = (/(\d+)\.(\d+)/.exec(version ?? '') ?? []).slice(1).map(Number);
  return major > OLDEST_CMAKE[0] || (major === OLDEST_CMAKE[0] && minor >= OLDEST_CMAKE[1]);
}
