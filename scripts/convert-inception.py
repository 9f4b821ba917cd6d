#!/usr/bin/env python3
"""Converts pytorch-fid's checkpoint of the FID Inception network into safetensors, for --features FILE.

    python3 scripts/convert-inception.py pt_inception-2015-12-05-6726825d.pth inception.safetensors

The checkpoint: https://github.com/mseitzer/pytorch-fid/releases/tag/fid_weights (91 MB). Needs torch and safetensors.

Names stay those of torchvision's Inception3: Conv2d_1a_3x3.conv.weight, Conv2d_1a_3x3.bn.{weight,bias,running_mean,running_var},
…, Mixed_5b.branch1x1.conv.weight, …, Mixed_7c.branch_pool.bn.running_var, fc.weight [1008, 2048], fc.bias [1008]; all float32.
Counters of batches (num_batches_tracked) and auxiliary heads (AuxLogits) are left out.
"""

import argparse
import hashlib
import re
import sys


def sha256_of(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def check_hash(path):
    """Publishers of checkpoints put the first eight digits of the sha256 into the name."""
    digest = sha256_of(path)
    print(f"{path}: sha256 {digest}")
    named = re.search(r"-([0-9a-f]{8})\.pth$", path)
    if named and not digest.startswith(named[1]):
        sys.exit(f"{path}: its name promises a sha256 that begins with {named[1]}: it is damaged, download it again")


def convert(state):
    import torch

    tensors = {
        name: value.to(torch.float32).contiguous()
        for name, value in sorted(state.items())
        if not name.endswith("num_batches_tracked") and not name.startswith("AuxLogits")
    }
    wrong = [name for name in ("Conv2d_1a_3x3.conv.weight", "fc.weight", "fc.bias") if name not in tensors]
    if wrong or tuple(tensors["fc.weight"].shape) != (1008, 2048):
        sys.exit(
            "expected the FID network (fc.weight [1008, 2048]), but "
            + (f"{', '.join(wrong)} are missing" if wrong else f"fc.weight is {list(tensors['fc.weight'].shape)}")
            + ": torchvision's own weights (1000 classes) give other figures"
        )
    return tensors


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoint", help="pt_inception-2015-12-05-6726825d.pth")
    parser.add_argument("output", help="e.g. inception.safetensors")
    arguments = parser.parse_args()
    try:
        import torch
        from safetensors.torch import save_file
    except ImportError as error:
        sys.exit(f"needs torch and safetensors, but {error.name} is not installed: pip install torch safetensors")

    check_hash(arguments.checkpoint)
    tensors = convert(torch.load(arguments.checkpoint, map_location="cpu", weights_only=True))
    save_file(tensors, arguments.output)
    print(f"{arguments.output}: {len(tensors)} tensors, sha256 {sha256_of(arguments.output)}")


if __name__ == "__main__":
    main()
