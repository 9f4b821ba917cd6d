"""best.py under torch.compile(mode="reduce-overhead"): fused kernels, and CUDA graphs of each forward and backward pass.

Some versions cannot compile the gradient of a transposed convolution in channels_last (its meta kernel tells other strides than the kernel has): then
all is contiguous, and the answer says so.
"""

import sys

import torch
from best import best_networks, drawing, training_step
from common import measure_sampling, measure_training, task


def compiled(network):
    return torch.compile(network, mode="reduce-overhead")


def marked(step):
    """Tells where a step begins: what the graphs of the one before hold may be overwritten from here on."""

    def begin_and_step():
        torch.compiler.cudagraph_mark_step_begin()
        return step()

    return begin_and_step


def training(memory_format):
    """Networks and a step that has run once."""
    both, latent_shape = best_networks(memory_format)
    both = {name: compiled(network) for name, network in both.items()}
    step = marked(training_step(**both, latent_shape=latent_shape, memory_format=memory_format))
    step()
    return step, both


if task["kind"] == "train":
    try:
        step, both = training(torch.channels_last)
    except AssertionError as error:
        torch.compiler.reset()
        print(f"channels_last fails, and all is contiguous: {error}", file=sys.stderr)
        task["note"] = "contiguous, as channels_last fails"
        step, both = training(torch.contiguous_format)
    # PyTorch's counter of operations does not see into compiled code.
    task["countFlops"] = False
    measure_training(step, both)
else:
    both, latent_shape = best_networks()
    draw = marked(drawing(compiled(both["generator"].eval()), latent_shape))
    measure_sampling(draw, both)
