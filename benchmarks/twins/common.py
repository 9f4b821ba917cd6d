"""What the twins of adversarial recipes share: real images, averaged weights, and the file of images by them."""

import copy
import gzip
import os
import sys
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from torch import nn
from torch.nn import functional as F

sys.path.insert(1, str(Path(__file__).parents[1] / "peers"))
from translators import initialise


def read_images(folder):
    """uint8 [N, 1, 32, 32]: 28×28 with a margin of 2 black pixels, as the library's loader has them."""
    with gzip.open(os.path.join(folder, "train-images-idx3-ubyte.gz")) as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, 1, 28, 28)
    return F.pad(torch.from_numpy(pixels.copy()), [2, 2, 2, 2])


def initialise_without_norm(layer):
    """N(0, 2 / ((1 + 0.2²) inputs)): without a norm nothing makes up for small weights."""
    if isinstance(layer, nn.Conv2d):
        nn.init.kaiming_normal_(layer.weight, a=0.2)
        nn.init.zeros_(layer.bias)


def dcgan(width, latent, norm=True):
    """DCGAN's generator and discriminator for grey images of 32×32; without a norm, the discriminator's convolutions have biases."""
    up = lambda i, o: [nn.ConvTranspose2d(i, o, 4, 2, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU()]
    normed = lambda o: [nn.BatchNorm2d(o)] if norm else []
    down = lambda i, o: [nn.Conv2d(i, o, 4, 2, 1, bias=not norm), *normed(o), nn.LeakyReLU(0.2)]
    generator = nn.Sequential(
        nn.ConvTranspose2d(latent, 4 * width, 4, bias=False), nn.BatchNorm2d(4 * width), nn.ReLU(),
        *up(4 * width, 2 * width), *up(2 * width, width), nn.ConvTranspose2d(width, 1, 4, 2, 1), nn.Tanh(),
    )
    discriminator = nn.Sequential(
        nn.Conv2d(1, width, 4, 2, 1), nn.LeakyReLU(0.2),
        *down(width, 2 * width), *down(2 * width, 4 * width), nn.Conv2d(4 * width, 1, 4), nn.Flatten(),
    )
    return generator.apply(initialise), discriminator.apply(initialise if norm else initialise_without_norm)


def batches(pixels, size):
    """float32 [size, C, H, W] in [-1, 1] without end, by epochs of random order; the last, smaller batch of each is dropped."""
    while True:
        for indices in torch.randperm(len(pixels))[: len(pixels) // size * size].split(size):
            yield (pixels[indices].float() / 127.5 - 1).contiguous(memory_format=torch.channels_last)


@torch.no_grad()
def average(averaged, network, decay):
    for mean, weight in zip(averaged.parameters(), network.parameters()):
        mean.lerp_(weight, 1 - decay)
    for mean, buffer in zip(averaged.buffers(), network.buffers()):
        mean.copy_(buffer)


@torch.inference_mode()
def write_images(generator, path, shape):
    """Images of latents of a shape, by a copy of the generator at rest."""
    generator = copy.deepcopy(generator).eval()
    latents = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    save_file({"images": torch.cat([generator(chunk) for chunk in latents.split(256)])}, path)
    print(path, flush=True)
