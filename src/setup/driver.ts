import { type AskOptions, ask } from './run';

/** An NVIDIA GPU, as its driver tells. */
export interface Gpu {
  readonly name: string;
  /** E.g. `81559 MiB`. */
  readonly memory: string;
  /** E.g. 9 for Hopper; `null` where the driver does not say. */
  readonly capability: number | null;
}

/** An NVIDIA driver that answers, with a GPU at least. */
export interface Driver {
  /** E.g. `driver 580.65.06`. */
  readonly name: string;
  /** The latest CUDA whose programs it runs, as a whole number: within one all drivers from the first on run all of them. */
  readonly cuda: number;
  /** One at least. */
  readonly gpus: readonly Gpu[];
}

/** What a look for a driver found. */
export type DriverSearch =
  | { readonly driver: Driver }
  /** Why there is none, as a sentence: `nvidia-smi is not there, and libcuda neither`. `expected` where one seems to be meant to be. */
  | { readonly driver: null; readonly reason: string; readonly expected: boolean };

/** The first drivers of each CUDA, by NVIDIA's table of minor version compatibility. */
export const FIRST_DRIVERS = [
  { cuda: 13, driver: 580 },
  { cuda: 12, driver: 525 },
  { cuda: 11, driver: 450 },
] as const;

/**
 * Looks for an NVIDIA driver with a GPU: asks nvidia-smi, and where that is not there (in many containers) or tells nothing of use,
 * libcuda itself, through python3. Nothing is loaded into this process, and it does not throw.
 */
export function findDriver(options: AskOptions = {}): DriverSearch {
  if (process.platform !== 'linux')
    return { driver: null, reason: `${process.platform} has no CUDA`, expected: false };
  const smi = askSmi(options);
  // A driver that hangs would hang there as well.
  if ('driver' in smi || smi.reason.includes('did not answer')) return settle(smi);
  const driver = askLibcuda(options);
  if (driver !== null) return { driver };
  return settle(smi.missing ? { ...smi, reason: `${smi.reason}, nor is libcuda with a GPU` } : smi);
}

type Found = { readonly driver: Driver } | { readonly reason: string; readonly missing: boolean };

function settle(found: Found): DriverSearch {
  if ('driver' in found) return found;
  return { driver: null, reason: found.reason, expected: !found.missing };
}

function askSmi(options: AskOptions): Found {
  const query = (fields: string) =>
    ask('nvidia-smi', [`--query-gpu=${fields}`, '--format=csv,noheader'], options);
  const fields = 'name,memory.total,driver_version';
  let answer = query(`${fields},compute_cap`);
  // Drivers from before CUDA 12 do not know that field.
  if ('trouble' in answer && answer.trouble.includes('compute_cap')) answer = query(fields);
  if ('trouble' in answer)
    return { reason: `nvidia-smi ${answer.trouble}`, missing: answer.trouble === 'is not there' };
  return readSmi(answer.text);
}

/** Lines such as `NVIDIA H100 80GB HBM3, 81559 MiB, 580.65.06, 9.0`, the last field being optional. */
function readSmi(text: string): Found {
  const gpus: Gpu[] = [];
  let version = '';
  for (const line of text.split('\n').filter((line) => line.trim() !== '')) {
    const [name, memory, driver, capability] = line.trim().split(', ');
    if (!/^\d+(\.\d+)+$/.test(driver ?? '')) return nonsense(line);
    version = driver;
    gpus.push(gpu(name, memory, capability));
  }
  if (gpus.length === 0) return nonsense('');
  const cuda = FIRST_DRIVERS.find(({ driver }) => Number.parseInt(version, 10) >= driver)?.cuda ?? 10;
  return { driver: { name: `driver ${version}`, cuda, gpus } };
}

function nonsense(line: string): Found {
  const said = line === '' ? 'nothing' : JSON.stringify(line.trim().slice(0, 80));
  return { reason: `nvidia-smi said ${said}, not which driver and GPU there are`, missing: false };
}

const LIBCUDA = `
import ctypes, json
cuda = ctypes.CDLL("libcuda.so.1")
def tell(name, *args):
    value = ctypes.c_int()
    if getattr(cuda, name)(ctypes.byref(value), *args) != 0: raise SystemExit(name)
    return value.value
if cuda.cuInit(0) != 0: raise SystemExit("cuInit")
gpus = []
for index in range(tell("cuDeviceGetCount")):
    device, name, memory = tell("cuDeviceGet", index), ctypes.create_string_buffer(256), ctypes.c_size_t()
    cuda.cuDeviceGetName(name, 256, device)
    cuda.cuDeviceTotalMem_v2(ctypes.byref(memory), device)
    major, minor = (tell("cuDeviceGetAttribute", at, device) for at in (75, 76))
    gpus.append([name.value.decode(), "%d MiB" % (memory.value >> 20), "%d.%d" % (major, minor)])
print(json.dumps({"version": tell("cuDriverGetVersion"), "gpus": gpus}))`;

function askLibcuda(options: AskOptions): Driver | null {
  const answer = ask('python3', ['-c', LIBCUDA], options);
  if ('trouble' in answer) return null;
  try {
    const { version, gpus } = JSON.parse(answer.text) as {
      version: number;
      gpus: [name: string, memory: string, capability: string][];
    };
    if (gpus.length === 0) return null;
    const cuda = Math.floor(version / 1000);
    const name = `driver for CUDA ${cuda}.${Math.floor((version % 1000) / 10)}`;
    return { name, cuda, gpus: gpus.map((told) => gpu(...told)) };
  } catch {
    return null;
  }
}

function gpu(name: string, memory: string, capability: string | undefined): Gpu {
  const number = Number(capability ?? '');
  return { name, memory, capability: number > 0 ? number : null };
}
