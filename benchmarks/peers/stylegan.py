"""StyleGAN2 for the PyTorch participants, as a careful reader of the papers writes it: modulation as a scaling of activations, which is faster on a
processor than weights of each image's own, filters as convolutions of each channel apart, lazy R1 and path lengths at their intervals."""

import functools
import itertools
import math
from contextlib import nullcontext

import torch
from common import device, in_range, measure_training, random_images, some, task
from torch import nn
from torch.nn import functional as F

MODELS = ("stylegan2",)
R1_EVERY, PATH_EVERY = 16, 4


def activated(x):
    return F.leaky_relu(x, 0.2) * math.sqrt(2)


class Filter(nn.Module):
    """[1, 3, 3, 1] in both directions: enlarges, halves, or neither."""

    def __init__(self, mode, padding=1):
        super().__init__()
        taps = torch.tensor([1.0, 3.0, 3.0, 1.0]) / 8
        self.register_buffer("kernel", torch.outer(taps, taps) * (4 if mode in ("enlarge", "gaps") else 1))
        self.mode, self.padding = mode, padding

    def forward(self, x):
        c = x.shape[1]
        kernel = self.kernel.to(x.dtype).expand(c, 1, 4, 4)
        if self.mode == "enlarge":
            return F.conv_transpose2d(x, kernel, stride=2, padding=self.padding, groups=c)
        return F.conv2d(x, kernel, stride=2 if self.mode == "halve" else 1, padding=self.padding, groups=c)


class Dense(nn.Module):
    def __init__(self, inputs, outputs, speed=1.0, start=0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs) / speed)
        self.bias = nn.Parameter(torch.full((outputs,), start / speed))
        self.scale, self.speed = speed / math.sqrt(inputs), speed

    def forward(self, x):
        return F.linear(x, self.weight * self.scale, self.bias * self.speed)


class Conv(nn.Module):
    def __init__(self, inputs, outputs, size, stride=1, padding=0, bias=True):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.bias = nn.Parameter(torch.zeros(outputs)) if bias else None
        self.scale = 1 / math.sqrt(inputs * size * size)
        self.stride, self.padding = stride, padding

    def forward(self, x):
        return F.conv2d(x, self.weight * self.scale, self.bias, self.stride, self.padding)


class Modulated(nn.Module):
    def __init__(self, inputs, outputs, size, style, demodulate=True, up=False):
        super().__init__()
        self.affine = Dense(style, inputs, start=1.0)
        self.weight = nn.Parameter(torch.randn(outputs, inputs, size, size))
        self.blur = Filter("gaps") if up else None
        self.demodulate = demodulate

    def forward(self, x, w):
        scales = self.affine(w)
        weight = self.weight / math.sqrt(self.weight[0].numel())
        x = x * scales[:, :, None, None].to(x.dtype)
        if self.blur is None:
            y = F.conv2d(x, weight, padding=weight.shape[-1] // 2)
        else:
            y = self.blur(F.conv_transpose2d(x, weight.transpose(0, 1), stride=2))
        if not self.demodulate:
            return y
        factors = (scales.float().square() @ weight.square().sum([2, 3]).t() + 1e-8).rsqrt()
        return y * factors[:, :, None, None].to(y.dtype)


class StyleLayer(nn.Module):
    def __init__(self, inputs, outputs, style, up):
        super().__init__()
        self.conv = Modulated(inputs, outputs, 3, style, up=up)
        self.strength = nn.Parameter(torch.zeros([]))
        self.bias = nn.Parameter(torch.zeros(outputs))

    def forward(self, x, w):
        y = self.conv(x, w)
        noise = torch.randn(len(y), 1, *y.shape[2:], device=y.device, dtype=y.dtype)
        return activated(y + self.strength.to(y.dtype) * noise + self.bias[:, None, None].to(y.dtype))


class ToRgb(nn.Module):
    def __init__(self, channels, images, style):
        super().__init__()
        self.conv = Modulated(channels, images, 1, style, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(images))

    def forward(self, x, w):
        return self.conv(x, w).float() + self.bias[:, None, None]


def channels_by_side():
    side = task["resolution"]
    return [min(task["maxWidth"], task["width"] * side // 2**k) for k in range(2, int(math.log2(side)) + 1)]


class Generator(nn.Module):
    def __init__(self):
        super().__init__()
        z, before = task["latentSize"], None
        self.mapping = nn.ModuleList(Dense(z, z, 0.01) for _ in range(task["mapping"]))
        self.layers, self.to_rgb = nn.ModuleList(), nn.ModuleList()
        for channels in channels_by_side():
            if before is not None:
                self.layers.append(StyleLayer(before, channels, z, True))
            self.layers.append(StyleLayer(channels, channels, z, False))
            self.to_rgb.append(ToRgb(channels, task["channels"], z))
            before = channels
        self.start = nn.Parameter(torch.randn(1, channels_by_side()[0], 4, 4))
        self.enlarge = Filter("enlarge")
        self.count = 2 * len(self.to_rgb)
        self.register_buffer("mean", torch.zeros(z))

    def map(self, z):
        with torch.autocast(device.type, enabled=False):
            w = z * (z.square().mean(dim=1, keepdim=True) + 1e-8).rsqrt()
            for layer in self.mapping:
                w = activated(layer(w))
            return w

    def styles(self, z):
        """Of each layer, mixed."""
        n = len(z)
        own, other = self.map(torch.cat([z, torch.randn_like(z)])).split(n)
        border = torch.floor(torch.rand(n, 1, device=z.device) * (self.count - 1)) + 1
        border = border.where(torch.rand(n, 1, device=z.device) < 0.9, self.count)
        changed = torch.arange(self.count, device=z.device) >= border
        return torch.where(changed[..., None], other[:, None], own[:, None]), own

    def draw(self, styles):
        x, images = self.start.expand(len(styles), -1, -1, -1), None
        for i, layer in enumerate(self.layers):
            x = layer(x, styles[:, i])
            if i % 2 == 0:
                colours = self.to_rgb[i // 2](x, styles[:, i + 1])
                images = colours if images is None else self.enlarge(images) + colours
        return images

    def forward(self, z):
        styles, own = self.styles(z)
        with torch.no_grad():
            self.mean.lerp_(own.mean(dim=0), 0.005)
        return self.draw(styles)


class Block(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.same, self.smaller = Conv(inputs, inputs, 3, padding=1), Conv(inputs, outputs, 3, stride=2)
        self.skip = Conv(inputs, outputs, 1, bias=False)
        self.blur, self.halve = Filter("blur", 2), Filter("halve")

    def forward(self, x):
        main = activated(self.smaller(self.blur(activated(self.same(x)))))
        return (main + self.skip(self.halve(x))) * math.sqrt(0.5)


class Discriminator(nn.Module):
    def __init__(self):
        super().__init__()
        sizes = channels_by_side()[::-1]
        deepest = sizes[-1]
        self.from_rgb = Conv(task["channels"], sizes[0], 1)
        self.blocks = nn.Sequential(*(Block(a, b) for a, b in zip(sizes, sizes[1:])))
        self.conv = Conv(deepest + 1, deepest, 3, padding=1)
        self.dense, self.last = Dense(deepest * 16, deepest), Dense(deepest, 1)

    def forward(self, x):
        x = self.blocks(activated(self.from_rgb(x)))
        n, c, h, w = x.shape
        size = next(size for size in (4, 3, 2, 1) if n % size == 0)
        spread = (x.float().reshape(size, n // size, c, h, w).var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=[1, 2, 3])
        deviation = spread.repeat(size)[:, None, None, None].expand(n, 1, h, w)
        x = activated(self.conv(torch.cat([x, deviation.to(x.dtype)], dim=1)))
        return self.last(activated(self.dense(x.flatten(1)))).float()


def trainable(network, wanted):
    for parameter in network.parameters():
        parameter.requires_grad_(wanted)


def in_turn(steps):
    """A step that is that of `steps` whose penalties are due."""
    count = itertools.count()

    def step():
        index = next(count)
        return steps[index % R1_EVERY == 0, index % PATH_EVERY == 0]()

    return step


def measure(adam, memory_format=torch.contiguous_format, autocast=nullcontext(), capture=lambda step: step):
    """Measures the recipe's phases, with this optimizer of parameters, memory format, way to compute, and what makes graphs of steps; penalties are float32."""
    generator = Generator().to(device).to(memory_format=memory_format)
    discriminator = Discriminator().to(device).to(memory_format=memory_format)
    of_g, of_d, images = adam(generator.parameters()), adam(discriminator.parameters()), random_images()
    length = torch.zeros([], device=device)

    def latents():
        return torch.randn(task["batch"], task["latentSize"], device=device)

    def move(optimizer, loss):
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    def penalise_slope(real):
        points = real.detach().requires_grad_()
        (slope,) = torch.autograd.grad(discriminator(points).sum(), points, create_graph=True)
        move(of_d, slope.square().sum(dim=[1, 2, 3]).mean() * (R1_EVERY * 0.05 / 2))

    def penalise_lengths():
        styles, _ = generator.styles(latents()[: task["batch"] // 2])
        made = generator.draw(styles)
        noise = torch.randn_like(made) / math.sqrt(made.shape[2] * made.shape[3])
        (slope,) = torch.autograd.grad((made * noise).sum(), styles, create_graph=True)
        lengths = slope.square().sum(dim=2).mean(dim=1).sqrt()
        length.lerp_(lengths.mean().detach(), 0.01)
        move(of_g, (lengths - length).square().mean() * (PATH_EVERY * 2))

    def step(slope, lengths):
        real = in_range(images[some()]).contiguous(memory_format=memory_format)
        with autocast:
            fake = generator(latents())
            loss_d = F.softplus(-discriminator(real)).mean() + F.softplus(discriminator(fake.detach())).mean()
        move(of_d, loss_d)
        trainable(discriminator, False)
        with autocast:
            loss_g = F.softplus(-discriminator(fake)).mean()
        move(of_g, loss_g)
        trainable(discriminator, True)
        if slope:
            penalise_slope(real)
        if lengths:
            penalise_lengths()
        return loss_d, loss_g

    # R1 is due in every fourth of the steps in which path lengths are.
    steps = {due: functools.partial(step, *due) for due in ((False, False), (False, True), (True, True))}
    measure_training(
        in_turn(steps),
        {"generator": generator, "discriminator": discriminator},
        lambda _: in_turn({due: capture(one) for due, one in steps.items()}),
    )
