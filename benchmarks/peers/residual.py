"""Residual networks for the PyTorch participants: SNGAN's for 32x32 pixels, with labels those of the projection GAN, and the ones without
normalisation. Convolutions of single pixels come before upsampling and after pooling, where they cost a quarter."""

from math import log2

import torch
from torch import nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm


def doubled(x):
    return F.interpolate(x, scale_factor=2)


class ConditionalNorm(nn.Module):
    def __init__(self, channels, classes):
        super().__init__()
        self.norm = nn.BatchNorm2d(channels, affine=False)
        self.gamma, self.beta = nn.Embedding(classes, channels), nn.Embedding(classes, channels)
        nn.init.ones_(self.gamma.weight)
        nn.init.zeros_(self.beta.weight)

    def forward(self, x, labels):
        gamma, beta = (table(labels)[:, :, None, None].to(x.dtype) for table in (self.gamma, self.beta))
        return gamma * self.norm(x) + beta


def norm(channels, classes):
    return ConditionalNorm(channels, classes) if classes else nn.BatchNorm2d(channels)


class GeneratorBlock(nn.Module):
    def __init__(self, inputs, outputs, classes):
        super().__init__()
        self.norm1, self.norm2 = norm(inputs, classes), norm(outputs, classes)
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1)
        self.shortcut = nn.Conv2d(inputs, outputs, 1)

    def forward(self, x, *labels):
        h = self.conv1(doubled(F.relu(self.norm1(x, *labels))))
        return self.conv2(F.relu(self.norm2(h, *labels))) + doubled(self.shortcut(x))


class Generator(nn.Module):
    """With classes, latents end with one number for each class."""

    def __init__(self, channels, latent, maps, classes):
        super().__init__()
        maps = maps[::-1]
        self.latent, self.classes = latent, classes
        self.dense = nn.Linear(latent, maps[0] * 16)
        self.blocks = nn.ModuleList(GeneratorBlock(i, o, classes) for i, o in zip(maps, maps[1:]))
        self.norm, self.to_image = nn.BatchNorm2d(maps[-1]), nn.Conv2d(maps[-1], channels, 3, padding=1)

    def forward(self, z):
        labels = [z[:, self.latent :].argmax(dim=1)] if self.classes else []
        h = self.dense(z[:, : self.latent]).unflatten(1, (-1, 4, 4))
        for block in self.blocks:
            h = block(h, *labels)
        return torch.tanh(self.to_image(F.relu(self.norm(h))))


class DiscriminatorBlock(nn.Module):
    def __init__(self, inputs, outputs, halves, first):
        super().__init__()
        inner = outputs if first else inputs
        self.conv1 = spectral_norm(nn.Conv2d(inputs, inner, 3, padding=1))
        self.conv2 = spectral_norm(nn.Conv2d(inner, outputs, 3, padding=1))
        self.shortcut = spectral_norm(nn.Conv2d(inputs, outputs, 1)) if halves or inputs != outputs else nn.Identity()
        self.smaller = nn.AvgPool2d(2) if halves else nn.Identity()
        self.first = first

    def forward(self, x):
        h = self.conv2(F.relu(self.conv1(x if self.first else F.relu(x))))
        return self.smaller(h) + self.shortcut(self.smaller(x))


class Discriminator(nn.Module):
    def __init__(self, channels, maps, classes):
        super().__init__()
        ends = zip([channels, *maps], maps)
        self.blocks = nn.Sequential(*(DiscriminatorBlock(i, o, index < 2, index == 0) for index, (i, o) in enumerate(ends)))
        self.dense = spectral_norm(nn.Linear(maps[-1], 1))
        self.embed = spectral_norm(nn.Embedding(classes, maps[-1])) if classes else None

    def forward(self, images, labels=None):
        features = F.relu(self.blocks(images)).sum(dim=(2, 3))
        logits = self.dense(features)
        return logits if labels is None else logits + (self.embed(labels) * features).sum(dim=1, keepdim=True)


def sngan(channels, resolution, latent, width, growth, classes):
    maps = [width * min(growth, 2**i) for i in range(int(log2(resolution)) - 1)]
    return Generator(channels, latent, maps, classes), Discriminator(channels, maps[:4], classes)


class Grouped(nn.Module):
    def __init__(self, channels, expansion, group_size):
        super().__init__()
        inner = channels * expansion
        self.expand = nn.Conv2d(channels, inner, 1)
        self.mix = nn.Conv2d(inner, inner, 3, padding=1, groups=max(1, inner // group_size))
        self.project = nn.Conv2d(inner, channels, 1, bias=False)

    def forward(self, x):
        return x + self.project(F.leaky_relu(self.mix(F.leaky_relu(self.expand(x), 0.2)), 0.2))


class ModernGenerator(nn.Module):
    def __init__(self, latent, channels, body):
        super().__init__()
        self.basis = nn.Parameter(torch.randn(channels, 4, 4))
        self.mapping, self.body = nn.Linear(latent, channels), body

    def forward(self, z):
        return self.body(self.mapping(z)[:, :, None, None] * self.basis)


def modern(channels, resolution, latent, width, max_width, expansion, group_size):
    sizes = [min(max_width, width * 2**i) for i in range(int(log2(resolution)) - 1)]
    block = lambda size: Grouped(size, expansion, group_size)
    pointwise = lambda a, b: [] if a == b else [nn.Conv2d(a, b, 1, bias=False)]
    up, down = [block(sizes[-1])], [nn.Conv2d(channels, width, 1), block(width)]
    for a, b in zip(sizes, sizes[1:]):
        down += [nn.AvgPool2d(2), *pointwise(a, b), block(b)]
    for a, b in zip(sizes[:0:-1], sizes[-2::-1]):
        up += [*pointwise(a, b), nn.Upsample(scale_factor=2, mode="bilinear"), block(b)]
    last = sizes[-1]
    down += [nn.Conv2d(last, last, 4, groups=last, bias=False), nn.Flatten(), nn.Linear(last, 1)]
    return ModernGenerator(latent, last, nn.Sequential(*up, nn.Conv2d(width, channels, 1))), nn.Sequential(*down)
