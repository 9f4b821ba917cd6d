"""The dcgan recipe in plain PyTorch: same networks, initialisation, data, order of work and averaged weights.

    python dcgan.py ../shared/data/fashion-mnist --seed 1 --epochs 5 20 --out twin

Writes OUT/epoch-05.safetensors and so on: 10,000 images by the averaged weights, one tensor `images` float32 [N, 1, 32, 32] in
[-1, 1], as `sample --raw` does. `scripts/evaluate.ts --images OUT/epoch-05.safetensors --dataset fashion-mnist` judges them.
"""

import argparse
import copy
import os

import torch
from common import average, batches, dcgan, read_images, write_images
from torch import nn

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


def train():
    torch.manual_seed(arguments.seed)
    generator, discriminator = (
        network.to(memory_format=torch.channels_last) for network in dcgan(arguments.width, LATENT)
    )
    averaged = copy.deepcopy(generator)
    decay = 0.5 ** (arguments.batch / EMA_HALF_LIFE)
    adam = lambda network: torch.optim.Adam(network.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    optimizer_d, optimizer_g = adam(discriminator), adam(generator)
    criterion = nn.BCEWithLogitsLoss()
    ones, zeros = torch.ones(arguments.batch, 1), torch.zeros(arguments.batch, 1)
    autocast = lambda: torch.autocast("cpu", dtype=torch.bfloat16, enabled=arguments.precision == "bf16")
    pixels = read_images(arguments.data)
    data = batches(pixels, arguments.batch)
    for epoch in range(1, max(arguments.epochs) + 1):
        for _ in range(len(pixels) // arguments.batch):
            real = next(data)
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
            write_images(averaged, os.path.join(arguments.out, f"epoch-{epoch:02}.safetensors"), [arguments.count, LATENT, 1, 1])


os.makedirs(arguments.out, exist_ok=True)
train()
