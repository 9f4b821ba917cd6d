"""The networks of pix2pix and CycleGAN for images whose sides are powers of two times an odd number, in plain PyTorch."""

import torch
from torch import nn


def initialise(module):
    """As the papers: weights N(0, 0.02), those of batch norms N(1, 0.02), no biases."""
    if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
        nn.init.normal_(module.weight, 0, 0.02)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, nn.BatchNorm2d):
        nn.init.normal_(module.weight, 1, 0.02)
        nn.init.zeros_(module.bias)


class UNet(nn.Module):
    """Batch norm but at the first and the innermost map, dropout in the innermost half of the decoder, three layers at most."""

    def __init__(self, channels_in, channels_out, resolution, width, dropout=0.5):
        super().__init__()
        depth = 0
        while depth < 8 and resolution % 2 ** (depth + 1) == 0:
            depth += 1
        maps = [width * min(2**level, 8) for level in range(depth)]
        self.down, self.up = nn.ModuleList(), nn.ModuleList()
        for level, channels in enumerate(maps):
            before = channels_in if level == 0 else maps[level - 1]
            layers = [] if level == 0 else [nn.LeakyReLU(0.2)]
            layers.append(nn.Conv2d(before, channels, 4, 2, 1, bias=False))
            if 0 < level < depth - 1:
                layers.append(nn.BatchNorm2d(channels))
            self.down.append(nn.Sequential(*layers))
        for level in reversed(range(depth)):
            before = maps[level] if level == depth - 1 else 2 * maps[level]
            if level == 0:
                self.up.append(nn.Sequential(nn.ReLU(), nn.ConvTranspose2d(before, channels_out, 4, 2, 1), nn.Tanh()))
                continue
            channels = maps[level - 1]
            layers = [nn.ReLU(), nn.ConvTranspose2d(before, channels, 4, 2, 1, bias=False), nn.BatchNorm2d(channels)]
            if depth - 1 - level < min(3, depth // 2):
                layers.append(nn.Dropout(dropout))
            self.up.append(nn.Sequential(*layers))
        self.apply(initialise)

    def forward(self, x):
        skips = []
        for layer in self.down:
            x = layer(x)
            skips.append(x)
        x = self.up[0](skips.pop())
        for layer in self.up[1:]:
            x = layer(torch.cat([skips.pop(), x], 1))
        return x


class Patches(nn.Sequential):
    """PatchGAN of 70 pixels, given images and perhaps what they were made from."""

    def __init__(self, channels, width, norm):
        bias = norm is nn.InstanceNorm2d
        layers = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2, True)]
        for times, stride in ((1, 2), (2, 2), (4, 1)):
            layers.append(nn.Conv2d(width * times, width * times * 2, 4, stride, 1, bias=bias))
            layers += [norm(width * times * 2), nn.LeakyReLU(0.2, True)]
        super().__init__(*layers, nn.Conv2d(8 * width, 1, 4, 1, 1))
        self.apply(initialise)


class Block(nn.Module):
    def __init__(self, channels):
        super().__init__()
        layers = []
        for _ in range(2):
            layers += [nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3), nn.InstanceNorm2d(channels), nn.ReLU(True)]
        self.layers = nn.Sequential(*layers[:-1])

    def forward(self, x):
        return x + self.layers(x)


class Residual(nn.Sequential):
    """CycleGAN's translator, with instance norm."""

    def __init__(self, channels, width, blocks):
        def normed(convolution):
            return [convolution, nn.InstanceNorm2d(convolution.out_channels), nn.ReLU(True)]

        layers = [nn.ReflectionPad2d(3), *normed(nn.Conv2d(channels, width, 7))]
        for times in (1, 2):
            layers += normed(nn.Conv2d(width * times, width * times * 2, 3, 2, 1))
        layers += [Block(4 * width) for _ in range(blocks)]
        for times in (2, 1):
            layers += normed(nn.ConvTranspose2d(width * times * 2, width * times, 3, 2, 1, output_padding=1))
        super().__init__(*layers, nn.ReflectionPad2d(3), nn.Conv2d(width, channels, 7), nn.Tanh())
        self.apply(initialise)
