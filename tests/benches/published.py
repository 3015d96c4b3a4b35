"""Runs the PyTorch half of the comparison with the published behaviour: see published.rs.

  python published.py FOLDER [--threads 2]

For each FOLDER/seed-N.safetensors that published.rs wrote, the same denoising loop in PyTorch from the
same parameters, z and target: Adam at 0.01, input noise 1/30 (drawn here), average of the outputs with
weight 0.99 from the first output on, no backtracking. Prints the PSNR against the truth of both averages
and both latest outputs, their means over the seeds, and the largest difference of the means.
Needs torch, numpy and safetensors.
"""
import argparse
import pathlib

import numpy as np
import torch
from safetensors.torch import load_file

import torch_dip

EVERY = 100


def psnr(x, truth):
    return -10 * torch.log10(torch.mean((x.clamp(0, 1) - truth) ** 2)).item()


def network(start):
    depth, _, spec, noise, _ = torch_dip.TASKS["denoise"]
    net = torch_dip.SkipNet(depth, spec)
    names = sorted(name for name in start if name.startswith("parameter."))
    for (name, parameter), key in zip(net.named_parameters(), names, strict=True):
        assert key.endswith(name), (key, name)
        parameter.data = start[key].clone()
    return net, noise


def fit(start, seed):
    """PSNR of average and latest output at every 100 iterations."""
    torch.manual_seed(seed)
    net, noise = network(start)
    adam = torch.optim.Adam(net.parameters(), lr=0.01)
    z, target, truth = start["z"], start["target"], start["truth"]
    average, curves = None, []
    for iteration in range(1, EVERY * len(start["psnr.average"]) + 1):
        adam.zero_grad()
        x = net(z + torch.randn_like(z) * noise)
        torch.nn.functional.mse_loss(x, target).backward()
        adam.step()
        x = x.detach()
        average = x if average is None else average * 0.99 + x * 0.01
        if iteration % EVERY == 0:
            curves.append((psnr(average, truth), psnr(x, truth)))
    return np.array(curves).T


def show(kind, ours, theirs):
    """Both arrays: seeds x points."""
    print(f"\n{kind}, dB\niteration" + "".join(f"  dipkit.{i}  torch.{i}" for i in range(len(ours))) + "  mean difference")
    difference = ours.mean(0) - theirs.mean(0)
    for point, row in enumerate(np.stack([ours, theirs], 1).reshape(-1, ours.shape[1]).T):
        print(f"{EVERY * (point + 1):9d}" + "".join(f"{value:10.3f}" if i % 2 == 0 else f"{value:9.3f}"
                                                      for i, value in enumerate(row)) + f"{difference[point]:17.3f}")
    print(f"largest difference of the means: {np.abs(difference).max():.3f} dB")


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("folder", type=pathlib.Path)
    ap.add_argument("--threads", type=int, default=2)
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    starts = [load_file(path) for path in sorted(a.folder.glob("seed-*.safetensors"))]
    theirs = np.array([fit(start, seed) for seed, start in enumerate(starts)])
    for index, kind in enumerate(["average", "latest"]):
        ours = np.array([start[f"psnr.{kind}"].numpy() for start in starts])
        show(f"PSNR of the {kind}", ours, theirs[:, index])


if __name__ == "__main__":
    main()
