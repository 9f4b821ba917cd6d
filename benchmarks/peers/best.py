"""PyTorch as its tuning guide has it: channels_last, autocast to bfloat16 where asked, fused Adam, gradients set to None.

On CUDA also TF32 and cuDNN's search for the fastest kernels. The loop is the textbook's, with fakes made once a step.
"""

import torch
from common import device, measure_sampling, measure_training, networks, real_images, task
from torch import nn

torch.backends.cudnn.benchmark = True
torch.set_float32_matmul_precision("high" if device.type == "cuda" else "highest")

bf16 = task["precision"] == "bf16"
autocast = torch.autocast(device.type, dtype=torch.bfloat16, enabled=bf16, cache_enabled=True)


def best_networks():
    generator, discriminator, latent_shape = networks()
    generator.to(memory_format=torch.channels_last)
    discriminator.to(memory_format=torch.channels_last)
    return generator, discriminator, latent_shape


def training_step(generator, discriminator, latent_shape):
    criterion = nn.BCEWithLogitsLoss()
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    next_real = real_images()
    ones = torch.ones(task["batch"], 1, device=device)
    zeros = torch.zeros(task["batch"], 1, device=device)

    def step():
        discriminator.zero_grad(set_to_none=True)
        with autocast:
            real = next_real().contiguous(memory_format=torch.channels_last)
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
    generator, discriminator, latent_shape = best_networks()
    if task["kind"] == "train":
        measure_training(training_step(generator, discriminator, latent_shape), generator, discriminator)
    else:
        measure_sampling(drawing(generator.eval(), latent_shape), generator, discriminator)
