"""PyTorch as its official DCGAN example writes it: NCHW, float32, default Adam, fakes made once a step."""

import torch
from common import device, measure_sampling, measure_training, networks, real_images, task
from torch import nn

generator, discriminator, latent_shape = networks()


def training_step():
    criterion = nn.BCEWithLogitsLoss()
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
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


@torch.no_grad()
def draw():
    return generator(torch.randn(latent_shape, device=device))


if task["kind"] == "train":
    measure_training(training_step(), generator, discriminator)
else:
    generator.eval()
    measure_sampling(draw, generator, discriminator)
