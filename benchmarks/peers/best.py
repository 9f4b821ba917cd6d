"""PyTorch as its tuning guide has it: channels_last, autocast to bfloat16 where asked, fused Adam, gradients set to None.

On CUDA also TF32 and cuDNN's search for the fastest kernels. The loop is the textbook's, with fakes made once a step.
"""

import torch
from common import device, measure_sampling, measure_training, networks, real_images, task
from torch import nn

torch.backends.cudnn.benchmark = True
torch.set_float32_matmul_precision("high" if device.type == "cuda" else "highest")

generator, discriminator, latent_shape = networks()
generator.to(memory_format=torch.channels_last)
discriminator.to(memory_format=torch.channels_last)
autocast = torch.autocast(device.type, dtype=torch.bfloat16, enabled=task["precision"] == "bf16", cache_enabled=True)


def training_step():
    criterion = nn.BCEWithLogitsLoss()
    optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    optimizer_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True)
    next_real = real_images()
    ones = torch.ones(task["batch"], 1, device=device)
    zeros = torch.zeros(task["batch"], 1, device=device)

    def step():
        with autocast:
            real = next_real().contiguous(memory_format=torch.channels_last)
            loss_real = criterion(discriminator(real), ones)
            fake = generator(torch.randn(latent_shape, device=device))
            loss_fake = criterion(discriminator(fake.detach()), zeros)
        (loss_real + loss_fake).backward()
        optimizer_d.step()
        optimizer_d.zero_grad(set_to_none=True)

        with autocast:
            loss_g = criterion(discriminator(fake), ones)
        loss_g.backward()
        optimizer_g.step()
        optimizer_g.zero_grad(set_to_none=True)
        discriminator.zero_grad(set_to_none=True)
        return loss_real, loss_fake, loss_g

    return step


@torch.inference_mode()
def draw():
    with autocast:
        return generator(torch.randn(latent_shape, device=device)).float()


if task["kind"] == "train":
    measure_training(training_step(), generator, discriminator)
else:
    generator.eval()
    measure_sampling(draw, generator, discriminator)
