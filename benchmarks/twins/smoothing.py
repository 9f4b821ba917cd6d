"""What smooths noise without having learned anything, on the very images that a run of `denoise` is judged by.

    npx ts-node benchmarks/noisy-images.ts RUN folder:PHOTOS noisy.safetensors
    python smoothing.py noisy.safetensors

Prints, as rows of a table, the PSNR by the protocol of `evaluate` (over all of the image, in RGB, rounded to 256 levels, the mean over images) of the
noisy images, of Gaussian blurs of 3x3 to 7x7 whose deviation is the best of a grid, and of non-local means (Buades et al. 2005, scikit-image), which is
told the deviation of each image's noise and whose strength and windows are the best of a grid: both are chosen on the judged images, to their favour. Needs SciPy and scikit-image.
"""

import argparse
import itertools

import numpy as np
from safetensors.numpy import load_file
from scipy.ndimage import convolve1d
from skimage.restoration import denoise_nl_means

parser = argparse.ArgumentParser()
parser.add_argument("file")
parser.add_argument("--chosen-on", type=int, default=60, help="evenly spaced images that non-local means is tuned on")
parser.add_argument("--each", action="store_true", help="the best deviation of the blur for each image of its own, where noise differs")
arguments = parser.parse_args()
images = load_file(arguments.file)
noisy, clean = (images[name].transpose(0, 2, 3, 1).astype(np.float64) / 2 + 0.5 for name in ("input", "target"))
sigmas = (noisy - clean).std(axis=(1, 2, 3))


def psnr(made, wanted):
    levels = np.round(np.clip(made, 0, 1) * 255) / 255
    # An image that is met exactly counts as 100 dB.
    return 10 * np.log10(1 / np.maximum(np.square(levels - wanted).mean(axis=(1, 2, 3)), 1e-10))


def row(label, values):
    print(f"| {label} | {values.mean():.2f} ± {values.std(ddof=1) / np.sqrt(len(values)):.2f} |", flush=True)


def blurred(size, deviation):
    places = np.arange(size) - size // 2
    kernel = np.exp(-places**2 / (2 * deviation**2))
    kernel /= kernel.sum()
    return convolve1d(convolve1d(noisy, kernel, axis=1, mode="mirror"), kernel, axis=2, mode="mirror")


def means(indices, strength, patch, distance):
    options = {"patch_size": patch, "patch_distance": distance, "fast_mode": True, "channel_axis": -1}
    made = [denoise_nl_means(noisy[i], h=strength * sigmas[i], sigma=sigmas[i], **options) for i in indices]
    return psnr(np.stack(made), clean[indices])


print(f"{len(noisy)} images, noise of {sigmas.mean() * 255:.1f} levels (from {sigmas.min() * 255:.1f} to {sigmas.max() * 255:.1f})")
row("noisy", psnr(noisy, clean))
blurs = {(size, s): psnr(blurred(size, s), clean) for size in (3, 5, 7) for s in np.arange(0.3, 2.01, 0.1)}
if arguments.each:
    row("Gaussian blur, the best of 3×3 to 7×7 for each image", np.stack(list(blurs.values())).max(axis=0))
else:
    (size, deviation), values = max(blurs.items(), key=lambda item: item[1].mean())
    row(f"Gaussian blur {size}×{size}, σ {deviation:.1f} pixels", values)
few = np.unique(np.linspace(0, len(noisy) - 1, arguments.chosen_on).astype(int))
grid = list(itertools.product((0.5, 0.6, 0.7, 0.8, 0.9, 1.0), (3, 5, 7), (5, 9, 13)))
best = max(grid, key=lambda options: means(few, *options).mean())
row(f"non-local means, h {best[0]} σ, patches {best[1]}×{best[1]}, windows {2 * best[2] + 1}×{2 * best[2] + 1}", means(np.arange(len(noisy)), *best))
