"""Steps of SNGAN, the projection GAN, WGAN-GP and the modern baseline for the PyTorch participants: D frozen while G is trained, fakes of its last
step those of G's, penalties in float32. With `joined`, real images and fakes pass D as one batch, and spectral norm is computed once for all of
a step's passes."""

from contextlib import nullcontext

import torch
from common import IMAGES, dcgan, device, in_range, measure_training, random_images, some, task
from residual import modern, sngan
from torch.nn import functional as F
from torch.nn.utils import parametrize

CRITIC = {"sngan": 2, "projection": 2, "wgan-gp": 5, "modern": 1}
MODELS = tuple(CRITIC)
GAMMA, LAMBDA = 50, 10

model, batch = task["model"], task["batch"]


def networks():
    sizes = [task["channels"], task["resolution"]]
    if model == "wgan-gp":
        pair = dcgan(*sizes, task["width"], task["latentSize"], norm=False)
    elif model == "modern":
        pair = modern(*sizes, *(task[name] for name in ("latentSize", "width", "maxWidth", "expansion", "groupSize")))
    else:
        pair = sngan(*sizes, *(task[name] for name in ("latentSize", "width", "growth", "classes")))
    return dict(zip(("generator", "discriminator"), pair))


def latents():
    """With the labels that the fakes are to have, where there are any."""
    if model == "wgan-gp":
        return torch.randn(batch, task["latentSize"], 1, 1, device=device), []
    z = torch.randn(batch, task["latentSize"], device=device)
    if model != "projection":
        return z, []
    labels = torch.randint(0, task["classes"], [batch], device=device)
    return torch.cat([z, F.one_hot(labels, task["classes"]).float()], dim=1), [labels]


def slope(discriminator, points):
    """The gradient at leaves, and what gave it."""
    logits = discriminator(points)
    (gradient,) = torch.autograd.grad(logits.sum(), points, create_graph=True)
    return gradient.flatten(1), logits


def measure(adam, memory_format=torch.contiguous_format, autocast=nullcontext(), capture=lambda step: step, joined=False):
    """Measures what `capture` makes of the step of the task's model, with this optimizer of parameters, memory format and way to compute."""
    both = {name: network.to(device).to(memory_format=memory_format) for name, network in networks().items()}
    G, D = both["generator"], both["discriminator"]
    of_g, of_d, images = adam(G.parameters()), adam(D.parameters()), random_images()
    classes = torch.randint(0, max(1, task.get("classes", 0)), [IMAGES], device=device)
    cached = parametrize.cached if joined else nullcontext

    def real_batch():
        chosen = some()
        real = in_range(images[chosen]).contiguous(memory_format=memory_format)
        return real, [classes[chosen]] if model == "projection" else []

    def move(optimizer, loss):
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()

    def judge(real, labels, fake, made):
        if not joined:
            return D(real, *labels), D(fake, *made)
        pairs = [torch.cat(pair) for pair in zip(labels, made)]
        return D(torch.cat([real, fake]), *pairs).split(batch)

    def penalty(real, fake):
        epsilon = torch.rand(batch, 1, 1, 1, device=device)
        points = fake.float().lerp(real, epsilon).requires_grad_()
        return LAMBDA * (slope(D, points)[0].norm(dim=1) - 1).square().mean()

    def critic_loss(real, labels, fake, made):
        with autocast, cached():
            on_real, on_fake = judge(real, labels, fake, made)
        if model == "wgan-gp":
            return on_fake.float().mean() - on_real.float().mean() + penalty(real, fake)
        return F.relu(1 - on_real.float()).mean() + F.relu(1 + on_fake.float()).mean()

    def penalised_pairs(real, fake):
        points = torch.cat([real, fake.float()]).requires_grad_()
        gradient, logits = slope(D, points)
        on_real, on_fake = logits.split(batch)
        return F.softplus(on_fake - on_real).mean() + GAMMA * gradient.square().sum(dim=1).mean()

    def generator_loss(real, fake, made):
        with autocast:
            on_fake = D(fake, *made).float()
            if model != "modern":
                return -on_fake.mean()
            with torch.no_grad():
                on_real = D(real).float()
        return F.softplus(on_real - on_fake).mean()

    def step():
        for left in reversed(range(CRITIC[model])):
            real, labels = real_batch()
            z, made = latents()
            with autocast, nullcontext() if left == 0 else torch.no_grad():
                fake = G(z)
            shown = fake.detach()
            loss_d = penalised_pairs(real, shown) if model == "modern" else critic_loss(real, labels, shown, made)
            move(of_d, loss_d)
        D.requires_grad_(False)
        loss_g = generator_loss(real, fake, made)
        move(of_g, loss_g)
        D.requires_grad_(True)
        return loss_d, loss_g

    measure_training(step, both, capture)
