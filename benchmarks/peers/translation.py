"""Steps of pix2pix and CycleGAN for the PyTorch participants: fakes made once, D on them, then G with D frozen, as in the authors' code."""

import itertools
import random
from contextlib import nullcontext

import torch
from common import device, in_range, measure_training, random_images, some, task
from torch import nn
from torch.nn import functional as F
from translators import Patches, Residual, UNet

MODELS = ("pix2pix", "cyclegan")


def networks():
    channels, resolution, width = task["channels"], task["resolution"], task["width"]
    if task["model"] == "pix2pix":
        return {
            "generator": UNet(channels, channels, resolution, width),
            "discriminator": Patches(2 * channels, width, nn.BatchNorm2d),
        }
    return {
        "ab": Residual(channels, width, task["blocks"]),
        "ba": Residual(channels, width, task["blocks"]),
        "judgeA": Patches(channels, width, nn.InstanceNorm2d),
        "judgeB": Patches(channels, width, nn.InstanceNorm2d),
    }


def pairs(memory_format):
    """A function that gives batches in [-1, 1], from both domains alike in pix2pix and each by itself in CycleGAN."""
    a, b = random_images(), random_images()

    def batch():
        first = some()
        second = first if task["model"] == "pix2pix" else some()
        return [in_range(x[chosen]).contiguous(memory_format=memory_format) for x, chosen in ((a, first), (b, second))]

    return batch


def frozen(judges, still):
    for judge in judges:
        judge.requires_grad_(not still)


def cross_entropy_to(logits, target):
    return F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, target))


def square_to(logits, target):
    return F.mse_loss(logits, torch.full_like(logits, target))


class Pool:
    """The authors': a list of images, and Python's random numbers, for which no device waits."""

    def __init__(self, size):
        self.size, self.images = size, []

    def exchange(self, images):
        shown = []
        for image in images.detach().split(1):
            if len(self.images) < self.size:
                self.images.append(image)
            elif random.random() > 0.5:
                place = random.randrange(self.size)
                self.images[place], image = image.clone(), self.images[place]
            shown.append(image)
        return torch.cat(shown)


class DevicePool:
    """The same on the device, for graphs, in which no Python runs: half of the images change places with stored ones. It is full from the start."""

    def __init__(self, size):
        self.size, self.images = size, None

    def exchange(self, images):
        images = images.detach()
        if self.images is None:
            self.images = images[:1].repeat(self.size, 1, 1, 1)
        place = torch.randint(self.size, [len(images)], device=images.device)
        stored = self.images[place]
        swapped = (torch.rand(len(images), device=images.device) > 0.5)[:, None, None, None]
        self.images.index_copy_(0, place, torch.where(swapped, images, stored))
        return torch.where(swapped, stored, images)


def pix2pix(networks, adam, autocast, next_batch, pool):
    G, D = networks["generator"], networks["discriminator"]
    optimizer_d, optimizer_g = adam(D.parameters()), adam(G.parameters())

    def step():
        a, b = next_batch()
        with autocast:
            fake = G(a)
        frozen([D], False)
        with autocast:
            on_fake, on_real = D(torch.cat([a, fake.detach()], 1)), D(torch.cat([a, b], 1))
            loss_d = 0.5 * (cross_entropy_to(on_fake, 0.0) + cross_entropy_to(on_real, 1.0))
        optimizer_d.zero_grad(set_to_none=True)
        loss_d.backward()
        optimizer_d.step()
        frozen([D], True)
        with autocast:
            loss_g = cross_entropy_to(D(torch.cat([a, fake], 1)), 1.0) + 100 * F.l1_loss(fake, b)
        optimizer_g.zero_grad(set_to_none=True)
        loss_g.backward()
        optimizer_g.step()
        return loss_d, loss_g

    return step


def cyclegan(networks, adam, autocast, next_batch, pool):
    ab, ba, judge_a, judge_b = (networks[name] for name in ("ab", "ba", "judgeA", "judgeB"))
    judges = [judge_a, judge_b]
    optimizer_d = adam(itertools.chain(judge_a.parameters(), judge_b.parameters()))
    optimizer_g = adam(itertools.chain(ab.parameters(), ba.parameters()))
    pool_a, pool_b = pool(task["pool"]), pool(task["pool"])

    def half(judge, real, fake):
        return 0.5 * (square_to(judge(real), 1.0) + square_to(judge(fake), 0.0))

    def step():
        a, b = next_batch()
        with autocast:
            fake_b, fake_a = ab(a), ba(b)
        frozen(judges, False)
        with autocast:
            loss_d = half(judge_a, a, pool_a.exchange(fake_a)) + half(judge_b, b, pool_b.exchange(fake_b))
        optimizer_d.zero_grad(set_to_none=True)
        loss_d.backward()
        optimizer_d.step()
        frozen(judges, True)
        with autocast:
            adversarial = square_to(judge_a(fake_a), 1.0) + square_to(judge_b(fake_b), 1.0)
            cycle = F.l1_loss(ba(fake_b), a) + F.l1_loss(ab(fake_a), b)
            identity = F.l1_loss(ab(b), b) + F.l1_loss(ba(a), a)
            loss_g = adversarial + 10 * cycle + 5 * identity
        optimizer_g.zero_grad(set_to_none=True)
        loss_g.backward()
        optimizer_g.step()
        return loss_d, loss_g

    return step


def measure(
    adam, memory_format=torch.contiguous_format, autocast=nullcontext(), capture=lambda step: step, pool=Pool
):
    """Measures the task's model, with this optimizer of parameters, memory format, way to compute, what makes a graph of the step, and pool."""
    random.seed(1)
    all_networks = {name: network.to(device).to(memory_format=memory_format) for name, network in networks().items()}
    step = {"pix2pix": pix2pix, "cyclegan": cyclegan}[task["model"]]
    measure_training(step(all_networks, adam, autocast, pairs(memory_format), pool), all_networks, capture)
