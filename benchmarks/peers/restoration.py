"""Steps of super-resolution's pixel stage and of denoising for the PyTorch participants: images degraded on the device, then one step by their distance."""

from contextlib import nullcontext

import torch
from common import device, in_range, measure_training, random_images, some, task
from torch import nn
from torch.nn import functional as F

MODELS = ("super-resolution", "denoise")


class Block(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(width, width, 3, padding=1), nn.ReLU(True), nn.Conv2d(width, width, 3, padding=1))

    def forward(self, x):
        return x + self.body(x)


class Upscaler(nn.Module):
    def __init__(self, channels, width, blocks, scale):
        super().__init__()
        self.scale = scale
        self.first = nn.Conv2d(channels, width, 3, padding=1)
        self.blocks = nn.Sequential(*(Block(width) for _ in range(blocks)), nn.Conv2d(width, width, 3, padding=1))
        stages = []
        for factor in [2, 2] if scale == 4 else [scale]:
            stages += [nn.Conv2d(width, width * factor**2, 3, padding=1), nn.PixelShuffle(factor), nn.LeakyReLU(0.2, True)]
        self.up = nn.Sequential(*stages, nn.Conv2d(width, channels, 3, padding=1))

    def forward(self, x):
        first = self.first(x)
        detail = self.up(first + self.blocks(first))
        return detail + F.interpolate(x, size=detail.shape[2:], mode="bicubic", antialias=True)


class Denoiser(nn.Module):
    def __init__(self, channels, width, depth):
        super().__init__()
        layers = [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU(True)]
        for _ in range(depth - 2):
            layers += [nn.Conv2d(width, width, 3, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(True)]
        self.body = nn.Sequential(*layers, nn.Conv2d(width, channels, 3, padding=1))

    def forward(self, x):
        return x - self.body(x)


def shrunk(images):
    size = [side // task["scale"] for side in images.shape[2:]]
    small = F.interpolate(images, size=size, mode="bicubic", antialias=True)
    return small.add(1).mul(127.5).round_().clamp_(0, 255).div_(127.5).sub_(1)


def noisy(images):
    return images + torch.randn_like(images) * (25 / 127.5)


def measure(adam, memory_format=torch.contiguous_format, autocast=nullcontext(), capture=lambda step: step):
    """Measures the task's model, with this optimizer of parameters, memory format, way to compute, and what makes a graph of the step."""
    channels, width = task["channels"], task["width"]
    if task["model"] == "denoise":
        name, network, degrade, distance = "denoiser", Denoiser(channels, width, task["depth"]), noisy, F.mse_loss
    else:
        network = Upscaler(channels, width, task["blocks"], task["scale"])
        name, degrade, distance = "generator", shrunk, F.l1_loss
    network = network.to(device).to(memory_format=memory_format)
    optimizer, images = adam(network.parameters()), random_images()

    def step():
        target = in_range(images[some()]).contiguous(memory_format=memory_format)
        given = degrade(target)
        with autocast:
            loss = distance(network(given), target)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return (loss,)

    measure_training(step, {name: network}, capture)
