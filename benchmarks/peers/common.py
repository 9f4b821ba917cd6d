"""What the PyTorch participants share: the networks of the dcgan and mlp recipes, the images, the clock and the answer.

Other models have files of their own, each with a `measure`: see models.py.
"""

import json
import resource
import sys
import time

import torch
from torch import nn

LOG_EVERY = 50

task = json.loads(sys.argv[1])
# As many as in every participant: noise.ts has the same.
IMAGES = max(512, 2 * task.get("batch", 0))
device = torch.device(task["device"])
if device.type == "cpu":
    torch.set_num_threads(task["threads"])
torch.manual_seed(1)


def dcgan(channels, resolution, width, latent, norm=True):
    """Without a norm, D's convolutions have biases."""
    maps = [width]
    while resolution // 2 ** (len(maps) + 1) >= 4:
        maps.append(maps[-1] * 2)
    generator = [nn.ConvTranspose2d(latent, maps[-1], 4, 1, 0, bias=False), nn.BatchNorm2d(maps[-1]), nn.ReLU(True)]
    for i, o in zip(maps[:0:-1], maps[-2::-1]):
        generator += [nn.ConvTranspose2d(i, o, 4, 2, 1, bias=False), nn.BatchNorm2d(o), nn.ReLU(True)]
    generator += [nn.ConvTranspose2d(width, channels, 4, 2, 1), nn.Tanh()]
    discriminator = [nn.Conv2d(channels, width, 4, 2, 1), nn.LeakyReLU(0.2, True)]
    for i, o in zip(maps, maps[1:]):
        normed = [nn.BatchNorm2d(o)] if norm else []
        discriminator += [nn.Conv2d(i, o, 4, 2, 1, bias=not norm), *normed, nn.LeakyReLU(0.2, True)]
    discriminator += [nn.Conv2d(maps[-1], 1, 4, 1, 0), nn.Flatten()]
    return nn.Sequential(*generator), nn.Sequential(*discriminator)


def mlp(channels, resolution, latent):
    widths, pixels = [256, 512, 1024], channels * resolution**2
    generator, discriminator = [], [nn.Flatten()]
    for i, o in zip([latent, *widths], widths):
        generator += [nn.Linear(i, o), nn.LeakyReLU(0.2, True)]
    for i, o in zip([pixels, *widths[::-1]], widths[::-1]):
        discriminator += [nn.Linear(i, o), nn.LeakyReLU(0.2, True), nn.Dropout(0.3)]
    generator += [nn.Linear(widths[-1], pixels), nn.Tanh(), nn.Unflatten(1, (channels, resolution, resolution))]
    discriminator += [nn.Linear(widths[0], 1)]
    return nn.Sequential(*generator), nn.Sequential(*discriminator)


def networks():
    """Generator and discriminator on the device by name, and the shape of a latent."""
    sizes = [task["channels"], task["resolution"]]
    if task["model"] == "mlp":
        pair, shape = mlp(*sizes, task["latentSize"]), [task["latentSize"]]
    else:
        pair, shape = dcgan(*sizes, task["width"], task["latentSize"]), [task["latentSize"], 1, 1]
    return {"generator": pair[0].to(device), "discriminator": pair[1].to(device)}, [task["batch"], *shape]


def random_images():
    """uint8 images that wait on the device, so that the loop never waits for data."""
    shape = [IMAGES, task["channels"], task["resolution"], task["resolution"]]
    return torch.randint(0, 256, shape, dtype=torch.uint8, device=device)


def some():
    """Which images are in a batch."""
    return torch.randint(0, IMAGES, [task["batch"]], device=device)


def in_range(pixels):
    return pixels.float() / 127.5 - 1


def real_images():
    """A function that gives a random batch in [-1, 1]."""
    images = random_images()
    return lambda: in_range(images[some()])


def synchronize():
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def timed(step, steps, log=False):
    start = time.perf_counter()
    for i in range(1, steps + 1):
        losses = step()
        if log and i % LOG_EVERY == 0:
            [loss.item() for loss in losses]
    synchronize()
    return time.perf_counter() - start


def time_steps(step, warm_up, log=False):
    """Warms up, finds from the last quarter of it how many steps fill the time, and measures them."""
    probe = -(-warm_up // 4)
    timed(step, warm_up - probe)
    estimate = timed(step, probe) / probe
    steps = max(task["minSteps"], -(-task["seconds"] // estimate))
    return int(steps), timed(step, int(steps), log)


def parameters(networks):
    return {name: sum(p.numel() for p in network.parameters()) for name, network in networks.items()}


def count_passes(step, networks):
    """Batches of images that go through each network in one step."""
    passes = dict.fromkeys(networks, 0)

    def counter(name):
        def hook(_, inputs):
            passes[name] += inputs[0].shape[0] / task["batch"]

        return hook

    hooks = [network.register_forward_pre_hook(counter(name)) for name, network in networks.items()]
    step()
    for hook in hooks:
        hook.remove()
    return passes


def count_flops(step):
    """Floating-point operations of one step, by the formulas of PyTorch's own counter, which itself refuses gradients of gradients."""
    from torch.utils._python_dispatch import TorchDispatchMode
    from torch.utils.flop_counter import conv_flop_count, flop_registry

    def flops(operator, args, result):
        if operator is torch.ops.aten.convolution_backward:
            slopes, x, weight, transposed, mask = *args[:3], args[7], args[10]
            # PyTorch's formula takes a weight gradient in groups for a dense one.
            return sum(mask[:2]) * conv_flop_count(x.shape, weight.shape, slopes.shape, transposed)
        return flop_registry[operator](*args, out_val=result) if operator in flop_registry else 0

    class Counter(TorchDispatchMode):
        total = 0

        def __torch_dispatch__(self, operator, types, args=(), kwargs=None):
            result = operator(*args, **(kwargs or {}))
            self.total += flops(operator._overloadpacket, args, result)
            return result

    with Counter() as counter:
        step()
    return counter.total


def peak_memory():
    if device.type == "cuda":
        return torch.cuda.max_memory_allocated(device)
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def answer(**measured):
    note = {"note": task["note"]} if "note" in task else {}
    print(json.dumps({"version": torch.__version__, **note, **measured}))


def measure_training(step, networks, capture=lambda step: step):
    """Measures what `capture` makes of `step`, which trains all networks once; the step itself is what can be counted."""
    passes = count_passes(step, networks)
    steps, seconds = time_steps(capture(step), task["warmUp"] - 1, log=True)
    memory = peak_memory()
    answer(
        figures={
            "imagesPerSecond": steps * task["batch"] / seconds,
            "stepMs": seconds / steps * 1000,
            "peakMemory": memory,
        },
        parameters=parameters(networks),
        passes=passes,
        **({"flops": count_flops(step)} if task["countFlops"] else {}),
    )


def measure_sampling(draw, networks):
    """Measures `draw`, which makes one batch."""
    steps, seconds = time_steps(draw, task["warmUp"])
    answer(
        figures={"imagesPerSecond": steps * task["batch"] / seconds},
        parameters=parameters(networks),
        passes={"generator": 1, "discriminator": 0},
    )
