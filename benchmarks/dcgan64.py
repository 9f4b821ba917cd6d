"""The official PyTorch DCGAN example's networks and loop (pytorch/examples, dcgan), 64x64x3, width 64, batch 64, float32."""

import json
import os
import time

import torch
from torch import nn

BATCH, WARM_UP, STEPS, Z, W = 64, 3, 12, 100, 64


def up(i, o, stride=2, padding=1):
    return nn.ConvTranspose2d(i, o, 4, stride, padding, bias=False)


def down(i, o, stride=2, padding=1):
    return nn.Conv2d(i, o, 4, stride, padding, bias=False)


generator = nn.Sequential(
    *(up(Z, 8 * W, 1, 0), nn.BatchNorm2d(8 * W), nn.ReLU(True)),
    *(up(8 * W, 4 * W), nn.BatchNorm2d(4 * W), nn.ReLU(True)),
    *(up(4 * W, 2 * W), nn.BatchNorm2d(2 * W), nn.ReLU(True)),
    *(up(2 * W, W), nn.BatchNorm2d(W), nn.ReLU(True)),
    *(up(W, 3), nn.Tanh()),
)
discriminator = nn.Sequential(
    *(down(3, W), nn.LeakyReLU(0.2, inplace=True)),
    *(down(W, 2 * W), nn.BatchNorm2d(2 * W), nn.LeakyReLU(0.2, inplace=True)),
    *(down(2 * W, 4 * W), nn.BatchNorm2d(4 * W), nn.LeakyReLU(0.2, inplace=True)),
    *(down(4 * W, 8 * W), nn.BatchNorm2d(8 * W), nn.LeakyReLU(0.2, inplace=True)),
    down(8 * W, 1, 1, 0),
)
device = torch.device(os.environ.get("DEVICE", "cpu"))
generator.to(device)
discriminator.to(device)
criterion = nn.BCEWithLogitsLoss()
optimizer_d = torch.optim.Adam(discriminator.parameters(), lr=2e-4, betas=(0.5, 0.999))
optimizer_g = torch.optim.Adam(generator.parameters(), lr=2e-4, betas=(0.5, 0.999))
images = torch.randint(0, 256, (256, 3, 64, 64), dtype=torch.uint8, device=device)


def step():
    real = images[torch.randperm(256, device=device)[:BATCH]].float() / 127.5 - 1
    discriminator.zero_grad()
    ones, zeros = torch.ones(BATCH, device=device), torch.zeros(BATCH, device=device)
    criterion(discriminator(real).view(-1), ones).backward()
    fake = generator(torch.randn(BATCH, Z, 1, 1, device=device))
    criterion(discriminator(fake.detach()).view(-1), zeros).backward()
    optimizer_d.step()
    generator.zero_grad()
    criterion(discriminator(fake).view(-1), ones).backward()
    optimizer_g.step()


def run(steps):
    for _ in range(steps):
        step()
    if device.type == "cuda":
        torch.cuda.synchronize()


run(WARM_UP)
start = time.perf_counter()
run(STEPS)
print(json.dumps({"value": STEPS * BATCH / (time.perf_counter() - start), "what": "images/s"}))
