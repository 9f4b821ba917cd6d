"""The vae recipe with `binarize=true` in plain PyTorch: same networks, data, warm-up of KL and number of steps, and its figures on the test split.

    python vae.py ../shared/data/mnist --seed 1 --epochs 20

Prints one line of JSON: the ELBO of the 10,000 test images in nats, the mean of --draws samples each with the divergence in closed form,
and the importance-weighted bound of the same samples. `scripts/evaluate.ts --checkpoint RUN --metrics elbo,iwae` measures ours.
"""

import argparse
import gzip
import json
import math
import os
import time

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

parser = argparse.ArgumentParser()
parser.add_argument("data", help="folder with train-images-idx3-ubyte.gz and t10k-images-idx3-ubyte.gz")
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--epochs", type=int, default=20)
parser.add_argument("--batch", type=int, default=128)
parser.add_argument("--latent", type=int, default=20)
parser.add_argument("--hidden", type=int, default=400)
parser.add_argument("--warm-up", type=int, default=500, help="steps in which the weight of KL grows from 0")
parser.add_argument("--draws", type=int, default=100, help="latents a test image")
parser.add_argument("--threads", type=int, default=1)
arguments = parser.parse_args()

PIXELS = 28 * 28


def read_images(name):
    """float32 [N, 784] of 0 and 1: pixels above half are 1."""
    with gzip.open(os.path.join(arguments.data, f"{name}-images-idx3-ubyte.gz")) as file:
        pixels = np.frombuffer(file.read(), np.uint8, offset=16).reshape(-1, PIXELS)
    return torch.from_numpy((pixels > 127).astype(np.float32))


class VAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(PIXELS, arguments.hidden), nn.ReLU())
        self.mean = nn.Linear(arguments.hidden, arguments.latent)
        self.log_variance = nn.Linear(arguments.hidden, arguments.latent)
        self.decoder = nn.Sequential(
            nn.Linear(arguments.latent, arguments.hidden), nn.ReLU(), nn.Linear(arguments.hidden, PIXELS)
        )

    def encode(self, images):
        # Images in [-1, 1] go in, as in the recipe; targets stay 0 and 1.
        features = self.encoder(2 * images - 1)
        return self.mean(features), self.log_variance(features)

    def draw(self, mean, log_variance):
        return mean + torch.exp(0.5 * log_variance) * torch.randn_like(mean)

    def nll(self, latents, images):
        return F.binary_cross_entropy_with_logits(self.decoder(latents), images, reduction="none").sum(1)


def divergence(mean, log_variance):
    return 0.5 * (mean.square() + log_variance.exp() - log_variance - 1).sum(1)


def train(model, images):
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
    step = 0
    for _ in range(arguments.epochs):
        order = torch.randperm(len(images))[: len(images) // arguments.batch * arguments.batch]
        for indices in order.split(arguments.batch):
            batch = images[indices]
            mean, log_variance = model.encode(batch)
            nll = model.nll(model.draw(mean, log_variance), batch).mean()
            weight = min(1, step / arguments.warm_up) if arguments.warm_up > 0 else 1
            loss = nll + weight * divergence(mean, log_variance).mean()
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            step += 1


@torch.inference_mode()
def bounds(model, images):
    """The evidence lower bound and the importance-weighted one of each image, in nats."""
    mean, log_variance = model.encode(images)
    kl = divergence(mean, log_variance)
    prior, posterior = torch.distributions.Normal(0, 1), torch.distributions.Normal(mean, torch.exp(0.5 * log_variance))
    elbo, weights = torch.zeros(len(images)), []
    for _ in range(arguments.draws):
        latents = model.draw(mean, log_variance)
        likelihood = -model.nll(latents, images)
        elbo += (likelihood - kl) / arguments.draws
        weights.append(likelihood + (prior.log_prob(latents) - posterior.log_prob(latents)).sum(1))
    return elbo, torch.stack(weights, 1).double().logsumexp(1) - math.log(arguments.draws)


def main():
    torch.set_num_threads(arguments.threads)
    torch.manual_seed(arguments.seed)
    model = VAE()
    start = time.perf_counter()
    train(model, read_images("train"))
    seconds = time.perf_counter() - start
    test = read_images("t10k")
    found = [bounds(model, chunk) for chunk in test.split(1_000)]
    figures = {"seed": arguments.seed, "epochs": arguments.epochs, "draws": arguments.draws, "seconds": round(seconds, 1)}
    for name, values in zip(["elbo", "iwae"], zip(*found)):
        values = torch.cat(values).double()
        figures[name] = round(values.mean().item(), 3)
        figures[f"{name}Error"] = round((values.std() / math.sqrt(len(values))).item(), 3)
    print(json.dumps(figures), flush=True)


main()
