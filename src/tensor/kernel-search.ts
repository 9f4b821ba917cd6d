import { native } from '../native/addon';

/**
 * The most memory, in MiB, that cuDNN may take for one convolution where nobody says otherwise: a search tries what takes gigabytes too. cuDNN reads the
 * variable when it is first used.
 */
const WORKSPACE_MIB = '512';

/**
 * Runs `body` while cuDNN times its convolution kernels: the first time that a convolution of some shapes comes, several run, and the fastest is
 * kept for it in this process. A clock decides, so other runs may round otherwise. Where runs are to be equal (`setDeterministic`) nothing is timed.
 */
export function searchingKernels<T>(body: () => T): T {
  const addon = native();
  if (addon.deterministic() || addon.benchmark()) return body();
  process.env.CUDNN_CONV_WSCAP_DBG ??= WORKSPACE_MIB;
  addon.setBenchmark(true);
  try {
    return body();
  } finally {
    addon.setBenchmark(false);
  }
}
