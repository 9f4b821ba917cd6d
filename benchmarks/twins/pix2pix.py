"""The pix2pix recipe in plain PyTorch: same networks, initialisation, losses, schedule and order of work, and its figures on the test images.

    python pix2pix.py --root ../shared/data/emoji --steps 4000 --batch 4 --seed 1

ROOT has trainA, trainB, testA and testB with square PNGs of one size and equal names; transparent parts are laid on white. Needs Pillow. Prints one
line of JSON: PSNR in dB, SSIM and mean absolute error (of 255) of what G makes of the test images A, and of A itself, against B,
means over the images. Both are rounded to 256 levels. As in the recipe each image is made alone, normalised by its own statistics, with
dropout on. `scripts/evaluate.ts --checkpoint RUN --metrics l1,psnr,ssim` measures ours.
"""

import argparse
import json
import pathlib
import sys
import time

import numpy as np
import torch
from PIL import Image
from torch import nn
from torch.nn import functional as F

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "peers"))
from translators import Patches, UNet  # noqa: E402

parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
parser.add_argument("--root", required=True, help="folder with trainA, trainB, testA and testB")
parser.add_argument("--steps", type=int, default=4000)
parser.add_argument("--batch", type=int, default=4)
parser.add_argument("--width", type=int, default=32)
parser.add_argument("--weight", type=float, default=100, help="of |B - G(A)|")
parser.add_argument("--precision", choices=["fp32", "bf16"], default="fp32")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--threads", type=int, default=0, help="0: as many as PyTorch takes")
parser.add_argument("--device", default="cpu")
arguments = parser.parse_args()

LAYOUT = torch.channels_last


def on_white(path):
    """uint8 [3, H, W]"""
    pixels = np.asarray(Image.open(path).convert("RGBA")).astype(np.float64)
    alpha = pixels[..., 3:] / 255
    return np.rint(pixels[..., :3] * alpha + 255 * (1 - alpha)).astype(np.uint8).transpose(2, 0, 1)


def read_pairs(split):
    """Both sides, uint8 [N, 3, H, W]."""
    folders = [pathlib.Path(arguments.root) / f"{split}{side}" for side in "AB"]
    names = [sorted(path.name for path in folder.glob("*.png")) for folder in folders]
    if names[0] != names[1] or not names[0]:
        sys.exit(f"{folders[0]} and {folders[1]} must have PNGs of equal names")
    return [torch.from_numpy(np.stack([on_white(folder / name) for name in names[0]])) for folder in folders]


def in_range(pixels):
    return (pixels.to(arguments.device).float() / 127.5 - 1).contiguous(memory_format=LAYOUT)


def levels(images):
    """What a file of 8 bits holds: float64, 0 to 255."""
    return ((images.double() + 1) * 127.5).round().clamp(0, 255)


def ssim(images, references):
    """Of each image: windows of 11 x 11 inside the image, a Gaussian of 1.5 pixels, range 255, the mean over windows and channels."""
    places = torch.arange(11, dtype=torch.float64) - 5
    weights = torch.exp(-(places**2) / (2 * 1.5**2))
    window = torch.outer(weights, weights) / weights.sum() ** 2
    mean = lambda maps: F.conv2d(maps.flatten(0, 1).unsqueeze(1), window[None, None])
    x, y = images.cpu(), references.cpu()
    mx, my = mean(x), mean(y)
    vx, vy, cov = mean(x * x) - mx * mx, mean(y * y) - my * my, mean(x * y) - mx * my
    c1, c2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
    values = (2 * mx * my + c1) * (2 * cov + c2) / ((mx * mx + my * my + c1) * (vx + vy + c2))
    return values.reshape(len(images), -1).mean(1)


def figures(images, references):
    """Means over the images."""
    residual = (images - references).flatten(1)
    psnr = 10 * torch.log10(255**2 / residual.square().mean(1))
    return {
        "psnr": round(psnr.mean().item(), 4),
        "ssim": round(ssim(images, references).mean().item(), 5),
        "l1": round(residual.abs().mean(1).mean().item(), 4),
    }


def batches(a, b, order):
    """In a new order each time all are through; what is left over is dropped."""
    while True:
        for chosen in torch.randperm(len(a), generator=order).split(arguments.batch):
            if len(chosen) == arguments.batch:
                yield in_range(a[chosen]), in_range(b[chosen])


def cross_entropy_to(logits, target):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def train(generator, discriminator, a, b):
    """Returns the seconds that the steps took."""
    adam = lambda network: torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    optimizers = optimizer_d, optimizer_g = adam(discriminator), adam(generator)
    half = max(1, arguments.steps // 2)
    rate = lambda step: 1.0 if step < half else 1 - (step - half) / max(1, arguments.steps - half)
    schedules = [torch.optim.lr_scheduler.LambdaLR(optimizer, rate) for optimizer in optimizers]
    device = torch.device(arguments.device).type
    autocast = lambda: torch.autocast(device, dtype=torch.bfloat16, enabled=arguments.precision == "bf16")
    judge = lambda condition, images: discriminator(torch.cat([condition, images], 1))
    pairs = batches(a, b, torch.Generator().manual_seed(arguments.seed))
    start = time.perf_counter()
    for step in range(1, arguments.steps + 1):
        real_a, real_b = next(pairs)
        with autocast():
            fake = generator(real_a)
            on_fake, on_real = judge(real_a, fake.detach()), judge(real_a, real_b)
            loss_d = 0.5 * (cross_entropy_to(on_real, 1.0) + cross_entropy_to(on_fake, 0.0))
        optimizer_d.zero_grad()
        loss_d.backward()
        optimizer_d.step()
        discriminator.requires_grad_(False)
        with autocast():
            distance = F.l1_loss(fake, real_b)
            loss_g = cross_entropy_to(judge(real_a, fake), 1.0) + arguments.weight * distance
        optimizer_g.zero_grad()
        loss_g.backward()
        optimizer_g.step()
        discriminator.requires_grad_(True)
        for schedule in schedules:
            schedule.step()
        if step % 200 == 0:
            print(f"step {step}: D {loss_d.item():.3f}, G {loss_g.item():.3f}, L1 {distance.item():.4f}", file=sys.stderr, flush=True)
    return time.perf_counter() - start


@torch.no_grad()
def translate(generator, a):
    """One by one, as in training: dropout on, and the statistics of the image itself."""
    generator.train()
    return torch.cat([generator(image).float().cpu() for image in in_range(a).split(1)])


def main():
    if arguments.threads > 0:
        torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    a, b = read_pairs("train")
    networks = UNet(3, 3, a.shape[-1], arguments.width), Patches(6, arguments.width, nn.BatchNorm2d)
    generator, discriminator = (network.to(arguments.device).to(memory_format=LAYOUT) for network in networks)
    seconds = train(generator, discriminator, a, b)
    test_a, test_b = read_pairs("test")
    targets = test_b.double()
    found = {
        **{name: getattr(arguments, name) for name in ("steps", "batch", "width", "precision", "seed")},
        "threads": torch.get_num_threads(),
        "trainPairs": len(a),
        "testPairs": len(test_a),
        "seconds": round(seconds, 1),
        "imagesPerSecond": round(arguments.steps * arguments.batch / seconds, 2),
        **figures(levels(translate(generator, test_a)), targets),
        "copy": figures(test_a.double(), targets),
    }
    print(json.dumps(found), flush=True)


main()
