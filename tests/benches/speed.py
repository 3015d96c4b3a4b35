"""Compares the seconds that an iteration takes in dipkit and in PyTorch, in interleaved runs on the same machine.

  cargo build --release && python tests/benches/speed.py [--dipkit target/release/dipkit] [--pairs 5] [--threads 2] [ROW ...]

A row of the table is a network and a size; each pair runs dipkit, then torch_dip.py (the same method on
the same kind of network), and the medians over the pairs are compared. Memory is the peak resident size
of the process; PyTorch's import, measured first, is taken off its own. Needs torch and numpy.
"""
import argparse
import json
import pathlib
import statistics
import subprocess
import sys

HERE = pathlib.Path(__file__).parent
FLAT = ["--quality", "reference", "--channels", "32", "--channels-deepest", "32", "--input", "picture", "--input-noise", "0"]
# name: (task of torch_dip.py, side, dipkit's arguments)
ROWS = {
    "denoise 128": ("denoise", 128, ["--task", "denoise", "--quality", "reference"]),
    "denoise 256": ("denoise", 256, ["--task", "denoise", "--quality", "reference"]),
    "denoise 512": ("denoise", 512, ["--task", "denoise", "--quality", "reference"]),
    "denoise-small 256": ("denoise-small", 256, ["--task", "denoise", "--quality", "reference", "--channels", "16"]),
    "denoise-flat 512": ("denoise-flat", 512, ["--task", "denoise", *FLAT]),
    "inpaint-text 256": ("inpaint-text", 256, ["--task", "inpaint", "--quality", "reference", "--hole", "text"]),
}


def run(command):
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()[-1])


def import_bytes():
    code = "import torch, resource, json; print(json.dumps(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024))"
    return run([sys.executable, "-c", code])


def pair(dipkit, row, threads):
    task, side, arguments = ROWS[row]
    common = ["--size", str(side), "--threads", str(threads)]
    ours = run([dipkit, "bench", *arguments, *common, "--iterations", "6", "--json"])
    theirs = run([sys.executable, HERE / "torch_dip.py", "time", "--task", task, *common, "--iterations", "5"])
    return ours, theirs


def main():
    ap = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    ap.add_argument("--dipkit", default="target/release/dipkit")
    ap.add_argument("--pairs", type=int, default=5)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("rows", nargs="*", metavar="ROW", help=f"of: {', '.join(ROWS)}")
    a = ap.parse_args()
    imported = import_bytes()
    print("| network, size | dipkit, s | torch, s | torch / dipkit | dipkit, MB | torch without import, MB |")
    print("|---|---|---|---|---|---|")
    for row in a.rows or ROWS:
        pairs = [pair(a.dipkit, row, a.threads) for _ in range(a.pairs)]
        ours, theirs = ([p[i]["seconds_per_iteration"] for p in pairs] for i in (0, 1))
        ratio = statistics.median(t / o for o, t in zip(ours, theirs))
        memory = [max(p[i]["peak_memory_bytes"] for p in pairs) / 1e6 for i in (0, 1)]
        print(f"| {row} | {statistics.median(ours):.3f} | {statistics.median(theirs):.3f} | {ratio:.2f} "
              f"| {memory[0]:.0f} | {memory[1] - imported / 1e6:.0f} |", flush=True)


if __name__ == "__main__":
    main()
