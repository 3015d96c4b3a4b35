"""The speed of PyTorch on a card with dipkit's network and settings, launch by launch and as a CUDA graph.

  python torch_speed.py [--sizes 128 256 512 1024] [--reference-sizes 512] [--iterations 20] [--seconds 100]

"balanced" is the flat network of 32 channels, fed the given picture with more noise, a data term on the pixels that
are not held out, and Muon for the weights of convolutions (matrices of one shape as one batch) beside Adam; with
"adam" in its name, Adam alone. "reference" is the paper's network and Adam. Both keep the average picture, as dipkit
does. "f32" is the arithmetic that dipkit has; "tf32" is what PyTorch does with convolutions unless it is told not to.

Prints a line of JSON for each row, and stops when the seconds are over. Nothing is waited for between two iterations.
"""
import argparse
import json
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
# In the repository it lies elsewhere than in the kit.
sys.path[:0] = [str(HERE), str(HERE.parent / "benches")]

try:
    import torch
except ImportError:
    sys.exit("torch_speed.py: skipped, as there is no torch for this python")
import torch_dip

WARM_UP = 5
AVERAGE_WEIGHT = 0.99
# src/options/presets/balanced.rs: 0.7 of the noise of 0.1 that torch_dip.py adds, and the share of held-out pixels.
RECORRUPTION, HELD_OUT = 0.07, 0.05
# src/exec/rules.rs
MOMENTUM, ROUNDS, POLYNOMIAL = 0.95, 5, (3.4445, -4.775, 2.0315)


class Muon:
    """The update of all matrices of one shape at once."""

    def __init__(self, weights, rate):
        self.rate, self.groups = rate, []
        for shape in {w.shape for w in weights}:
            group = [w for w in weights if w.shape == shape]
            rows = shape[0]
            columns = group[0].numel() // rows
            momentum = torch.zeros(len(group), rows, columns, device=group[0].device)
            self.groups.append((group, momentum, max(rows / columns, 1.0) ** 0.5))

    def step(self):
        a, b, c = POLYNOMIAL
        for group, momentum, scale in self.groups:
            g = torch.stack([w.grad.flatten(1) for w in group])
            momentum.lerp_(g, 1 - MOMENTUM)
            m = torch.lerp(g, momentum, MOMENTUM)
            is_tall = m.shape[1] > m.shape[2]
            m = m.mT if is_tall else m
            m = m / (m.norm(dim=(1, 2), keepdim=True) + 1e-12)
            for _ in range(ROUNDS):
                square = m @ m.mT
                m = a * m + (b * square + c * (square @ square)) @ m
            m = m.mT if is_tall else m
            change = (-self.rate * scale * m).unbind()
            torch._foreach_add_([w.data for w in group], [x.view_as(w) for x, w in zip(change, group)])


class Fit:
    """One network on one picture; `iterate` is an iteration of its fit."""

    def __init__(self, name, size, device):
        task = "denoise" if name == "reference" else "denoise-flat"
        problem = torch_dip.Problem(task, size, seed=0)
        self.net, self.target = problem.net.to(device), problem.target.to(device)
        self.is_reference = name == "reference"
        self.z = problem.z.to(device) if self.is_reference else self.target.clone()
        self.noise = problem.input_noise if self.is_reference else RECORRUPTION
        self.average = torch.zeros_like(self.target)
        weights = [p for p in self.net.parameters() if p.dim() == 4]
        self.muon = Muon(weights, 0.02) if name == "balanced" else None
        adams = [p for p in self.net.parameters() if self.muon is None or p.dim() != 4]
        is_card = device.type == "cuda"
        self.adam = torch.optim.Adam(adams, lr=0.01, fused=is_card or None, capturable=is_card)

    def iterate(self):
        self.net.zero_grad(set_to_none=True)
        out = self.net(self.z + torch.randn_like(self.z) * self.noise)
        difference = out - self.target
        if not self.is_reference:
            difference = difference * (torch.rand_like(out[:, :1]) >= HELD_OUT)
        difference.square().mean().backward()
        self.adam.step()
        if self.muon:
            self.muon.step()
        self.average.lerp_(out.detach(), 1 - AVERAGE_WEIGHT)


def timed(iterate, iterations, wait):
    for _ in range(WARM_UP):
        iterate()
    wait()
    start = time.perf_counter()
    for _ in range(iterations):
        iterate()
    wait()
    return (time.perf_counter() - start) / iterations


def captured(fit):
    """The replay of a captured iteration."""
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(WARM_UP):
            fit.iterate()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        fit.iterate()
    return graph.replay


def row(name, size, mode, arithmetic, iterations, device):
    is_card = device.type == "cuda"
    is_tf32 = arithmetic == "tf32"
    torch.backends.cudnn.allow_tf32 = is_tf32
    torch.backends.cudnn.benchmark = True
    if is_card:
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    fit = Fit(name, size, device)
    iterate = captured(fit) if mode == "graph" else fit.iterate
    seconds = timed(iterate, iterations, torch.cuda.synchronize if is_card else lambda: None)
    is_finite = bool(torch.isfinite(fit.average).all())
    peak = torch.cuda.max_memory_reserved() if is_card else None
    return {"seconds_per_iteration": seconds, "card_bytes": peak, "is_finite": is_finite}


def rows(a, device):
    """What matters most first, as time may run out."""
    graph = ["graph"] if device.type == "cuda" else []
    tf32 = ["tf32"] if device.type == "cuda" else []
    for arithmetic in ["f32", *tf32]:
        for mode in ["eager", *graph]:
            yield from (("balanced", size, mode, arithmetic) for size in a.sizes)
            yield from (("reference", size, mode, arithmetic) for size in a.reference_sizes)
    yield from (("balanced adam", size, mode, "f32") for mode in ["eager", *graph] for size in a.sizes)


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--sizes", type=int, nargs="*", default=[128, 256, 512, 1024])
    ap.add_argument("--reference-sizes", type=int, nargs="*", default=[512])
    ap.add_argument("--iterations", type=int, default=20)
    ap.add_argument("--seconds", type=float, default=100)
    ap.add_argument("--device", default="cuda", choices=["cuda", "cpu"])
    a = ap.parse_args()
    if a.device == "cuda" and not torch.cuda.is_available():
        sys.exit("torch_speed.py: skipped, as this torch sees no card")
    start = time.perf_counter()
    device = torch.device(a.device)
    for one in rows(a, device):
        if time.perf_counter() - start > a.seconds:
            left_out = " ".join(map(str, one))
            print(f"torch_speed.py: {a.seconds:g} s are over: {left_out} and the rest are left out", file=sys.stderr)
            break
        measured = dict(zip(("torch", "size", "mode", "arithmetic"), one))
        try:
            measured.update(row(*one, a.iterations, device))
        except RuntimeError as error:
            measured["error"] = str(error).splitlines()[0]
        print(json.dumps(measured), flush=True)


if __name__ == "__main__":
    main()
