"""PyTorch as an expert writes it where launches take longer than kernels: the whole step, both phases and both optimizers, is one CUDA graph.

Else as best.py: channels_last, TF32 or autocast to bfloat16, cuDNN's search for the fastest kernels, fused Adam. Both losses of D go back together, and D is
frozen in the phase of G.
"""

import adversarial
import torch
import translation
from best import autocast, best_networks, drawing
from capture import captured
from common import device, measure_sampling, measure_training, real_images, task
from models import family
from torch import nn


def capturable_adam(parameters):
    return torch.optim.Adam(parameters, lr=2e-4, betas=(0.5, 0.999), fused=True, capturable=device.type == "cuda")


def training_step(generator, discriminator, latent_shape):
    criterion = nn.BCEWithLogitsLoss()
    optimizer_d = capturable_adam(discriminator.parameters())
    optimizer_g = capturable_adam(generator.parameters())
    next_real = real_images()
    ones = torch.ones(task["batch"], 1, device=device)
    zeros = torch.zeros(task["batch"], 1, device=device)

    def step():
        with autocast:
            real = next_real().contiguous(memory_format=torch.channels_last)
            fake = generator(torch.randn(latent_shape, device=device))
            loss_real = criterion(discriminator(real), ones)
            loss_fake = criterion(discriminator(fake.detach()), zeros)
        optimizer_d.zero_grad(set_to_none=True)
        (loss_real + loss_fake).backward()
        optimizer_d.step()

        discriminator.requires_grad_(False)
        with autocast:
            loss_g = criterion(discriminator(fake), ones)
        optimizer_g.zero_grad(set_to_none=True)
        loss_g.backward()
        optimizer_g.step()
        discriminator.requires_grad_(True)
        return loss_real, loss_fake, loss_g

    return step


fast = {"adam": capturable_adam, "memory_format": torch.channels_last, "autocast": autocast, "capture": captured}
ways = {translation: {"pool": translation.DevicePool}, adversarial: {"joined": True}}
if own := family(task["model"]):
    own.measure(**fast, **ways.get(own, {}))
else:
    both, latent_shape = best_networks()
    if task["kind"] == "train":
        measure_training(training_step(**both, latent_shape=latent_shape), both, captured)
    else:
        measure_sampling(captured(drawing(both["generator"].eval(), latent_shape)), both)
