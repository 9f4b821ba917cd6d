"""The sngan and wgan-gp recipes in plain PyTorch: same networks, initialisation, data, rates and averaged weights, fused Adam, channels_last.

    python critics.py sngan ../shared/data/fashion-mnist --seed 1 --steps 9375 --out twin/sngan.safetensors
    python critics.py wgan-gp ../shared/data/fashion-mnist --seed 1 --steps 4685 --out twin/wgan-gp.safetensors

Writes 10,000 images by the averaged weights, as `sample --raw` does, for `scripts/evaluate.ts --images`.
"""

import argparse
import copy
import os

import torch
from common import average, batches, dcgan, read_images, write_images
from torch import nn

# `common` has made the participants of the benchmark importable.
import residual

parser = argparse.ArgumentParser()
parser.add_argument("family", choices=["sngan", "wgan-gp"])
parser.add_argument("data", help="folder with train-images-idx3-ubyte.gz")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--steps", type=int, required=True, help="of the generator")
parser.add_argument("--count", type=int, default=10_000)
parser.add_argument("--precision", choices=["fp32", "bf16"], default="bf16")
parser.add_argument("--out", required=True)
arguments = parser.parse_args()

EMA_HALF_LIFE = 5_000
PENALTY = 10


def glorot(module):
    """U(−b, b) as the recipe starts sngan's networks: the 3×3 convolutions of residual branches with b √2 times as large."""
    for name, layer in module.named_modules():
        if not isinstance(layer, (nn.Conv2d, nn.Linear)):
            continue
        weight = layer.parametrizations.weight.original if hasattr(layer, "parametrizations") else layer.weight
        branch = name.endswith(("conv1", "conv2"))
        nn.init.xavier_uniform_(weight, 2**0.5 if branch else 1)
        if layer.bias is not None:
            nn.init.zeros_(layer.bias)
        if hasattr(layer, "parametrizations"):
            # Its vectors belong to the weight that was there before.
            norm = layer.parametrizations.weight[0]
            norm._power_method(norm._reshape_weight_to_matrix(weight.detach()), 15)


def sngan():
    pair = residual.sngan(channels=1, resolution=32, latent=128, width=16, growth=8, classes=0)
    for network in pair:
        glorot(network)
    return pair


def hinge(on_real, on_fake):
    return (1 - on_real).relu().mean() + (1 + on_fake).relu().mean()


def wasserstein(on_real, on_fake):
    return on_fake.mean() - on_real.mean()


def gradient_penalty(critic, real, fake):
    """In float32, between each real image and a fake."""
    with torch.autocast("cpu", enabled=False):
        share = torch.rand(len(real), 1, 1, 1)
        between = (share * real + (1 - share) * fake.float()).requires_grad_()
        (slope,) = torch.autograd.grad(critic(between).sum(), between, create_graph=True)
        return PENALTY * ((slope.flatten(1).norm(dim=1) - 1) ** 2).mean()


FAMILIES = {
    "sngan": dict(networks=sngan, latent=[128], batch=32, lr=8e-4, critic=1, loss=hinge, penalty=None),
    "wgan-gp": dict(
        networks=lambda: dcgan(width=32, latent=100, norm=False),
        latent=[100, 1, 1],
        batch=64,
        lr=2e-4,
        critic=5,
        loss=wasserstein,
        penalty=gradient_penalty,
    ),
}


def train(networks, latent, batch, lr, critic, loss, penalty):
    torch.manual_seed(arguments.seed)
    generator, discriminator = (network.to(memory_format=torch.channels_last) for network in networks())
    averaged = copy.deepcopy(generator)
    decay = 0.5 ** (batch / EMA_HALF_LIFE)
    optimizers, schedules = {}, {}
    for network, steps in ((generator, arguments.steps), (discriminator, critic * arguments.steps)):
        optimizers[network] = torch.optim.Adam(network.parameters(), lr=lr, betas=(0.0, 0.9), fused=True)
        schedules[network] = torch.optim.lr_scheduler.LambdaLR(optimizers[network], lambda step, steps=steps: 1 - step / steps)
    autocast = lambda: torch.autocast("cpu", dtype=torch.bfloat16, enabled=arguments.precision == "bf16")

    def update(network, value):
        optimizers[network].zero_grad()
        value.backward()
        optimizers[network].step()
        schedules[network].step()

    data = batches(read_images(arguments.data), batch)
    for _ in range(arguments.steps):
        for _ in range(critic):
            real = next(data)
            with autocast():
                fake = generator(torch.randn(batch, *latent))
                # One batch: spectral norm moves its vectors at each pass, and there is one for each step.
                on_real, on_fake = discriminator(torch.cat([real, fake.detach()])).split(batch)
                value = loss(on_real, on_fake)
            update(discriminator, value if penalty is None else value + penalty(discriminator, real, fake.detach()))
        # G learns from the fakes that D has just seen, by weights that stand still.
        discriminator.requires_grad_(False).eval()
        with autocast():
            value = -discriminator(fake).mean()
        update(generator, value)
        discriminator.requires_grad_(True).train()
        average(averaged, generator, decay)
    write_images(averaged, arguments.out, [arguments.count, *latent])


os.makedirs(os.path.dirname(os.path.abspath(arguments.out)), exist_ok=True)
train(**FAMILIES[arguments.family])
