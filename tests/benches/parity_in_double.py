"""Refines parity vectors that `torch_dip.py curves` wrote, for the tests:

  python parity_in_double.py FROM_FOLDER TO_FOLDER

From the same parameters, z, target and mask the first output and the gradients are computed again in
double precision (and stored as float32). In single precision they carry rounding of their own: one
leaky ReLU whose input lies at 0 turns the other way and moves the gradient of a small layer by 0.6 %.

Losses of later iterations depend on rounding so much that PyTorch in single and in double precision
differ by up to a third. So beside the file's losses their range is stored: the lowest and the highest of
single-precision runs whose parameters start 1e-6 (relative) apart. Needs torch and safetensors.
"""
import copy
import json
import pathlib
import sys

import numpy as np
import torch
from safetensors.torch import load_file, save_file
from safetensors import safe_open

import torch_dip


def refine(source, target):
    with safe_open(source, "pt") as file:
        metadata = file.metadata()
    vector = load_file(source)
    network = torch_dip.SkipNet(vector["z"].shape[1], json.loads(metadata["network"]))
    names = sorted(name for name in vector if name.startswith("parameter."))
    for (name, parameter), key in zip(network.named_parameters(), names):
        assert key.endswith(name)
        parameter.data = vector[key]
    task, data = metadata["task"], [vector[name] for name in ("z", "target", "mask")]
    vector["losses.low"], vector["losses.high"] = losses_range(network, task, data)
    network, data = network.double(), [tensor.double() for tensor in data]
    x = network(data[0])
    loss_of(task, x, *data[1:]).backward()
    vector["output.0"] = x.detach().float()
    del vector["output.last"]
    for parameter, key in zip(network.parameters(), names):
        vector[key.replace("parameter.", "gradient.")] = parameter.grad.float()
    save_file({key: tensor.contiguous() for key, tensor in vector.items()}, target, metadata=metadata)


def losses_range(network, task, data, runs=48, apart=1e-6):
    losses = []
    for run in range(runs):
        torch.manual_seed(run)
        start = copy.deepcopy(network)
        for parameter in start.parameters():
            parameter.data *= 1 + apart * torch.randn_like(parameter)
        losses.append(fit(start, task, *data))
    losses = torch.from_numpy(np.array(losses)).float()
    return losses.min(0).values, losses.max(0).values


def fit(network, task, z, target, mask, iterations=20):
    adam = torch.optim.Adam(network.parameters(), lr=0.01)
    losses = []
    for _ in range(iterations):
        adam.zero_grad()
        loss = loss_of(task, network(z), target, mask)
        loss.backward()
        adam.step()
        losses.append(loss.item())
    return losses


def loss_of(task, x, target, mask):
    if task != "super-resolve":
        return torch.nn.functional.mse_loss(x * mask, target * mask)
    kernel = torch_dip.lanczos2_kernel(4).to(x)[None, None].expand(x.shape[1], 1, -1, -1)
    padded = torch.nn.functional.pad(x, [6] * 4, mode="replicate")
    predicted = torch.nn.functional.conv2d(padded, kernel, stride=4, groups=x.shape[1])
    return torch.nn.functional.mse_loss(predicted, target)


if __name__ == "__main__":
    source, target = map(pathlib.Path, sys.argv[1:])
    for path in sorted(source.glob("*.safetensors")):
        if path.stem != "muon":
            refine(path, target / path.name)
