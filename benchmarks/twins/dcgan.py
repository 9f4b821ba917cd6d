"""The dcgan recipe in plain PyTorch: same networks, initialisation, data, order of work and averaged weights.

    python dcgan.py ../shared/data/fashion-mnist --seed 1 --epochs 5 20 --out twin

Writes OUT/epoch-05.safetensors and so on: 10,000 images by the averaged weights, one tensor `images` float32 [N, 1, 32, 32] in
[-1, 1], as `sample --raw` does. `scripts/evaluate.ts --images OUT/epoch-05.safetensors --dataset fashion-mnist` judges them.
"""

import argparse
import copy
import gzip
import os

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

parser = argparse.ArgumentParser()
parser.add_argument("data", help="folder with train-images-idx3-ubyte.gz")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--epochs", type=int, nargs="+", default=[5, 20], help="after which to write images")
parser.add_argument("--batch", type=int, default=64)
parser.add_argument("--width", type=int, default=32)
parser.add_argument("--count", type=int, default=10_000)
parser.add_argument("--precision", choices=["fp32", "bf16"], default="bf16")
parser.add_argument("--out", required=True)
arguments = parser.parse_args()

LATENT = 100
EMA_HALF_LIFE = 5_000


def read_images(folder):
    """uint8 [N, 1, 32, 32]: 28×28 with a margin of 2 black pixels, as the library's loader has them."""
    with gzip.open(os.path.join(folder, "train-images-idx3-ubyte.gz")) as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    return F.pad(torch.from_numpy(pixels.copy()), [2, 2, 2, 2])


def initialise(module):
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1, 0.02)
        nn.init.zeros_(module.bias)


def networks(width):
    generator = nn.Sequential(
        nn.ConvTranspose2d(LATENT, 4 * width, 4, bias=False), nn.BatchNorm2d(4 * width), nn.ReLU(),
        nn.ConvTranspose2d(4 * width, 2 * width, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * width), nn.ReLU(),
        nn.ConvTranspose2d(2 * width, width, 4, 2, 1, bias=False), nn.BatchNorm2d(width), nn.ReLU(),
        nn.ConvTranspose2d(width, 1, 4, 2, 1), nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, width, 4, 2, 1), nn.LeakyReLU(0.2),
        nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * width), nn.LeakyReLU(0.2),
        nn.Conv2d(2 * width, 4 * width, 4, 2, 1, bias=False), nn.BatchNorm2d(4 * width), nn.LeakyReLU(0.2),
        nn.Conv2d(4 * width, 1, 4), nn.Flatten(),
    )
    pair = generator.apply(initialise), discriminator.apply(initialise)
    return [network.to(memory_format=torch.channels_last) for network in pair]


@torch.no_grad()
def average(averaged, network, decay):
    for mean, weight in zip(averaged.parameters(), network.parameters()):
        mean.lerp_(weight, 1 - decay)
    for mean, buffer in zip(averaged.buffers(), network.buffers()):
        mean.copy_(buffer)


@torch.inference_mode()
def write_images(generator, path):
    generator.eval()
    latents = torch.randn(arguments.count, LATENT, 1, 1, generator=torch.Generator().manual_seed(0))
    save_file({"images": torch.cat([generator(chunk) for chunk in latents.split(256)])}, path)
    print(path, flush=True)


def train():
    torch.manual_seed(arguments.seed)
    generator, discriminator = networks(arguments.width)
    averaged = copy.deepcopy(generator)
    decay = 0.5 ** (arguments.batch / EMA_HALF_LIFE)
    adam = lambda network: torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    optimizer_d, optimizer_g = adam(discriminator), adam(generator)
    criterion = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(arguments.batch, 1), torch.zeros(arguments.batch, 1)
    autocast = lambda: torch.autocast("cpu", dtype=torch.bfloat16, enabled=arguments.precision == "bf16")
    pixels = read_images(arguments.data)
    for epoch in range(1, max(arguments.epochs) + 1):
        for indices in torch.randperm(len(pixels))[: len(pixels) // arguments.batch * arguments.batch].split(arguments.batch):
            real = (pixels[indices].float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)
            with autocast():
                fake = generator(torch.randn(arguments.batch, LATENT, 1, 1))
                loss_d = criterion(discriminator(real), ones) + criterion(discriminator(fake.detach()), zeros)
            optimizer_d.zero_grad()
            loss_d.backward()
            optimizer_d.step()
            discriminator.requires_grad_(False)
            with autocast():
                loss_g = criterion(discriminator(fake), ones)
            optimizer_g.zero_grad()
            loss_g.backward()
            optimizer_g.step()
            discriminator.requires_grad_(True)
            average(averaged, generator, decay)
        if epoch in arguments.epochs:
            write_images(copy.deepcopy(averaged), os.path.join(arguments.out, f"epoch-{epoch:02}.safetensors"))


os.makedirs(arguments.out, exist_ok=True)
train()
