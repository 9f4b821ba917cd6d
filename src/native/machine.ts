/** What a compiled addon must fit, beside LibTorch. */
export interface Machine {
  /** E.g. `linux-x64`. */
  readonly platform: string;
  /** The version of glibc that this process runs on; `null` on Linux without it (musl), and elsewhere. */
  readonly glibc: string | null;
  /** The newest Node-API that this Node.js has. */
  readonly nodeApi: number;
}

/** The machine that this process runs on. */
export function thisMachine(): Machine {
  return {
    platform: `${process.platform}-${process.arch}`,
    glibc: glibcVersion(),
    nodeApi: Number(process.versions.napi),
  };
}

function glibcVersion(): string | null {
  if (process.platform !== 'linux') return null;
  // With its network the report asks for the names of hosts; the types know the switch from later versions of Node.js on.
  const report: { excludeNetwork?: boolean; getReport(): object } = process.report;
  const before = report.excludeNetwork;
  report.excludeNetwork = true;
  const whole: object = report.getReport();
  report.excludeNetwork = before;
  const { header } = whole as { readonly header: { readonly glibcVersionRuntime?: string } };
  return header.glibcVersionRuntime ?? null;
}

/** Whether the version `a`, of numbers between points, is `b` or a later one. */
export function isAtLeast(a: string, b: string): boolean {
  const [mine, needed] = [a, b].map((version) => version.split('.').map(Number));
  const at = needed.findIndex((part, index) => part !== (mine[index] ?? 0));
  return at < 0 || (mine[at] ?? 0) > needed[at];
}
