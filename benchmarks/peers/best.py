"""PyTorch as its tuning guide has it: channels_last, autocast to bfloat16 where asked, fused Adam, gradients set to None.

On CUDA also TF32 and cuDNN's search for the fastest kernels. The loop is the textbook's, with fakes made once a step.
"""

import adversarial
import torch
from common import device, measure_sampling, measure_training, networks, real_images, task
from models import family
from torch import nn

torch.backends.cudnn.benchmark = True
torch.set_float32_matmul_precision("high" if device.type == "cuda" else "highest")

bf16 = task["precision"] == "bf16"
autocast = torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16, cache_enabled=True)


def fused_adam(parameters):
    return torch.optim.Adam(parameters, lr=2e-4, betas=(0.5, 0.999), fused=True)


def best_networks(memory_format=torch.channels_last):
    both, latent_shape = networks()
    return {name: network.to(memory_format=memory_format) for name, network in both.items()}, latent_shape


def training_step(generator, discriminator, latent_shape, memory_format=torch.channels_last):
    criterion = nn.BCEWithLogitsLoss()
    optimizer_d = fused_adam(discriminator.parameters())
    optimizer_g = fused_adam(generator.parameters())
    next_real = real_images()
    ones = torch.ones(task["batch"], 1, device=device)
    zeros = torch.zeros(task["batch"], 1, device=device)

    def step():
        discriminator.zero_grad(set_to_none=True)
        with autocast:
            real = next_real().contiguous(memory_format=memory_format)
            loss_real = criterion(discriminator(real), ones)
        loss_real.backward()
        with autocast:
            fake = generator(torch.randn(latent_shape, device=device))
            loss_fake = criterion(discriminator(fake.detach()), zeros)
        loss_fake.backward()
        optimizer_d.step()

        generator.zero_grad(set_to_none=True)
        with autocast:
            loss_g = criterion(discriminator(fake), ones)
        loss_g.backward()
        optimizer_g.step()
        return loss_real, loss_fake, loss_g

    return step


def drawing(generator, latent_shape):
    @torch.inference_mode()
    def draw():
        with autocast:
            return generator(torch.randn(latent_shape, device=device)).float()

    return draw


if __name__ == "__main__":
    if own := family(task["model"]):
        ways = {"joined": True} if own is adversarial else {}
        own.measure(adam=fused_adam, memory_format=torch.channels_last, autocast=autocast, **ways)
    else:
        both, latent_shape = best_networks()
        if task["kind"] == "train":
            measure_training(training_step(**both, latent_shape=latent_shape), both)
        else:
            measure_sampling(drawing(both["generator"].eval(), latent_shape), both)
