"""The step of the fully connected VAE for the PyTorch participants: Bernoulli pixels, the divergence in closed form."""

from contextlib import nullcontext

import torch
from common import device, in_range, measure_training, random_images, some, task
from torch import nn
from torch.nn import functional as F

MODELS = ("vae",)


class Encoder(nn.Module):
    def __init__(self, pixels, hidden, latent):
        super().__init__()
        self.body = nn.Sequential(nn.Flatten(), nn.Linear(pixels, hidden), nn.ReLU(True))
        self.mean, self.log_variance = nn.Linear(hidden, latent), nn.Linear(hidden, latent)

    def forward(self, images):
        features = self.body(images)
        return self.mean(features), self.log_variance(features)


def measure(adam, memory_format=torch.contiguous_format, autocast=nullcontext(), capture=lambda step: step):
    """Measures what `capture` makes of the recipe's phase, with this optimizer of parameters and way to compute."""
    shape, hidden, latent = (task["channels"], task["resolution"], task["resolution"]), task["hidden"], task["latentSize"]
    pixels = shape[0] * shape[1] * shape[2]
    encoder = Encoder(pixels, hidden, latent).to(device)
    layers = [nn.Linear(latent, hidden), nn.ReLU(True), nn.Linear(hidden, pixels), nn.Unflatten(1, shape)]
    decoder = nn.Sequential(*layers).to(device)
    optimizer, images = adam([*encoder.parameters(), *decoder.parameters()]), random_images()

    def step():
        real = in_range(images[some()]).contiguous(memory_format=memory_format)
        with autocast:
            mean, log_variance = (part.float() for part in encoder(real))
            logits = decoder(mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)).float()
        nll = F.binary_cross_entropy_with_logits(logits, (real + 1) / 2, reduction="sum") / len(real)
        kl = 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(1).mean()
        optimizer.zero_grad(set_to_none=True)
        loss = nll + kl
        loss.backward()
        optimizer.step()
        return (loss,)

    measure_training(step, {"encoder": encoder, "decoder": decoder}, capture)
