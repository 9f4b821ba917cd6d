"""A step as one CUDA graph."""

import torch
from common import device

# As many as PyTorch's notes on CUDA graphs ask for: kernels are chosen, and states of optimizers are made.
WARM_UP = 3


def captured(step):
    """One launch for all of `step`, which must do the same each time and read nothing of the host. On the CPU, which has no graphs, the step itself."""
    if device.type != "cuda":
        return step
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        for _ in range(WARM_UP):
            step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        losses = step()

    def replay():
        graph.replay()
        return losses

    return replay
