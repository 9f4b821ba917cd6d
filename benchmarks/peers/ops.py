"""Nanoseconds of tiny operations with the release of their result, called from Python."""

import statistics
import time

import torch
from common import answer, device, synchronize, task
from torch.nn.functional import conv2d

SAMPLES = 15

a, b = torch.ones(8, device=device), torch.ones(8, device=device)
m, n = torch.ones(8, 8, device=device), torch.ones(8, 8, device=device)
image, weight = torch.ones(1, 8, 8, 8, device=device), torch.ones(8, 8, 3, 3, device=device)


def add(count):
    for _ in range(count):
        a.add(b)


def matmul(count):
    for _ in range(count):
        m.matmul(n)


def convolve(count):
    for _ in range(count):
        conv2d(image, weight, None, padding=1)


def nanoseconds(operation):
    def sample(count):
        start = time.perf_counter_ns()
        operation(count)
        synchronize()
        return (time.perf_counter_ns() - start) / count

    sample(5_000)
    count = max(100, round(task["seconds"] * 1e9 / SAMPLES / sample(5_000)))
    return statistics.median(sample(count) for _ in range(SAMPLES))


answer(figures={"add": nanoseconds(add), "matmul": nanoseconds(matmul), "conv2d": nanoseconds(convolve)})
