"""best.py under torch.compile(mode="reduce-overhead"): fused kernels, and CUDA graphs of each forward and backward pass."""

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


both, latent_shape = best_networks()
if task["kind"] == "train":
    both = {name: compiled(network) for name, network in both.items()}
    step = marked(training_step(**both, latent_shape=latent_shape))
    # PyTorch's counter of operations does not see into compiled code.
    task["countFlops"] = False
    measure_training(step, both)
else:
    draw = marked(drawing(compiled(both["generator"].eval()), latent_shape))
    measure_sampling(draw, both)
