"""PyTorch as its official DCGAN example writes it: NCHW, float32, default Adam, fakes made once a step.

Recipes that make images of images follow their authors' code, which freezes D in the phase of G.
"""

import torch
from common import device, measure_sampling, measure_training, networks, real_images, task
from models import family
from torch import nn


def adam(parameters):
    return torch.optim.Adam(parameters, lr=2e-4, betas=(0.5, 0.999))


def training_step(generator, discriminator, latent_shape):
    criterion = nn.BCEWithLogitsLoss()
    optimizer_d, optimizer_g = adam(discriminator.parameters()), adam(generator.parameters())
    next_real = real_images()
    ones = torch.ones(task["batch"], 1, device=device)
    zeros = torch.zeros(task["batch"], 1, device=device)

    def step():
        discriminator.zero_grad()
        loss_real = criterion(discriminator(next_real()), ones)
        loss_real.backward()
        fake = generator(torch.randn(latent_shape, device=device))
        loss_fake = criterion(discriminator(fake.detach()), zeros)
        loss_fake.backward()
        optimizer_d.step()

        generator.zero_grad()
        loss_g = criterion(discriminator(fake), ones)
        loss_g.backward()
        optimizer_g.step()
        return loss_real, loss_fake, loss_g

    return step


def drawing(generator, latent_shape):
    @torch.no_grad()
    def draw():
        return generator(torch.randn(latent_shape, device=device))

    return draw


if own := family(task["model"]):
    own.measure(adam=adam)
else:
    both, latent_shape = networks()
    if task["kind"] == "train":
        measure_training(training_step(**both, latent_shape=latent_shape), both)
    else:
        measure_sampling(drawing(both["generator"].eval(), latent_shape), both)
