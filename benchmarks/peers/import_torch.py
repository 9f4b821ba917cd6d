"""From nothing loaded to the first result, without the start of Python itself."""

import time

start = time.perf_counter()

import torch

torch.ones(8).add(1)
seconds = time.perf_counter() - start
print(f'{{"figures": {{"firstOp": {seconds * 1000}}}, "version": "{torch.__version__}"}}')
