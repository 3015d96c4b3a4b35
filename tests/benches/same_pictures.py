"""Tells whether two builds of dipkit give the same bytes, for a change that must not change pictures.

  cargo build --release && python tests/benches/same_pictures.py OLD_DIPKIT [target/release/dipkit] [NAME ...]

Small pictures with every kind of noise, file and hole that a task tells apart are made of the README's, and both programs
restore each of them with the same options: every task and quality, whole and in tiles, one run and several. Names choose
some of the rows. Needs numpy and Pillow.
"""
import argparse
import concurrent.futures
import hashlib
import pathlib
import subprocess
import tempfile

import numpy as np
from PIL import Image

PICTURES = pathlib.Path(__file__).parent.parent / "data/readme"
SIDE = 72


def crop(name, side=SIDE):
    return np.asarray(Image.open(PICTURES / name).convert("RGB"))[40 : 40 + side, 60 : 60 + side] / 255.0


def smooth(field):
    """The mean of 3x3 samples, as noise that is not white has it."""
    shifted = [np.roll(field, (dy, dx), (0, 1)) for dy in (-1, 0, 1) for dx in (-1, 0, 1)]
    return np.mean(shifted, 0)


def degraded(folder):
    """Writes every degraded picture and mask; returns nothing."""
    random = np.random.default_rng(1)
    clean = crop("astronaut.png")
    save(folder / "clean.png", clean)
    normal = random.standard_normal(clean.shape)
    save(folder / "white.png", clean + 25 / 255 * normal)
    save(folder / "grey.png", np.repeat((clean + 25 / 255 * normal)[..., :1], 3, 2))
    save(folder / "bright.png", clean + np.sqrt(clean / 60) * normal)
    save(folder / "correlated.png", clean + 60 / 255 * smooth(normal))
    impulses = random.random(clean.shape[:2])[..., None]
    save(folder / "impulse.png", np.where(impulses < 0.1, 0, np.where(impulses > 0.9, 1, clean)))
    hot = random.random(clean.shape[:2])[..., None] > 0.995
    save(folder / "hot.png", np.where(hot, 1, clean + 10 / 255 * normal))
    chroma = smooth(smooth(random.standard_normal(clean.shape))) * 0.5
    save(folder / "chroma.png", clean + chroma - chroma.mean(2, keepdims=True))
    Image.fromarray(bytes_of(crop("coffee.png"))).save(folder / "q10.jpg", quality=10)
    Image.fromarray(bytes_of(crop("coffee.png"))).save(folder / "q60.jpg", quality=60)
    save(folder / "small.png", crop("camera.png")[::3, ::3])
    save(folder / "fill.png", crop("chelsea.png"))
    keep = np.ones((SIDE, SIDE))
    keep[20:24, 8:60] = keep[8:60, 40:43] = 0
    save(folder / "text.png", keep)
    keep = np.ones((SIDE, SIDE))
    keep[24:48, 20:44] = 0
    save(folder / "region.png", keep)
    save(folder / "half.png", random.random((SIDE, SIDE)) < 0.5)
    save(folder / "few.png", random.random((SIDE, SIDE)) < 0.08)


def bytes_of(samples):
    return np.rint(np.clip(samples, 0, 1) * 255).astype(np.uint8)


def save(path, samples):
    Image.fromarray(bytes_of(samples)).save(path)


FEW = ["--iterations", "24"]
# name: arguments, the picture's and the mask's name without folder.
ROWS = {
    **{f"denoise {kind} {quality}": ["denoise", f"{kind}.png", "--quality", quality]
       for kind in ["white", "grey", "bright", "correlated", "impulse", "hot", "chroma", "clean"]
       for quality in ["fast"]},
    **{f"denoise {kind} balanced": ["denoise", f"{kind}.png", *FEW] for kind in
       ["white", "grey", "bright", "correlated", "impulse", "hot", "chroma"]},
    "denoise reference": ["denoise", "white.png", "--quality", "reference", "--iterations", "3"],
    "denoise without network": ["denoise", "white.png", "--scales", "0", *FEW],
    "denoise tiles": ["denoise", "white.png", "--tile-size", "48", "--quality", "fast", *FEW],
    "denoise tiles runs": ["denoise", "bright.png", "--tile-size", "48", "--runs", "2", *FEW],
    "denoise guide": ["denoise", "correlated.png", "--guide", "clean.png", *FEW],
    "denoise white guide": ["denoise", "white.png", "--guide", "clean.png", "--quality", "fast", *FEW],
    "denoise reference guide": ["denoise", "white.png", "--guide", "clean.png", "--quality", "reference",
                                "--iterations", "3"],
    "denoise meshgrid": ["denoise", "white.png", "--input", "meshgrid", *FEW],
    "denoise adam": ["denoise", "white.png", "--optimizer", "adam", *FEW],
    "denoise smooth": ["denoise", "correlated.png", "--tv-weight", "0.0001", "--strength", "0.5", *FEW],
    "denoise stops": ["denoise", "correlated.png", "--early-stop", "20", "--iterations", "120"],
    "dejpeg fast": ["dejpeg", "q10.jpg", "--quality", "fast"],
    "dejpeg q60": ["dejpeg", "q60.jpg", *FEW],
    "dejpeg nothing": ["dejpeg", "clean.png"],
    "dejpeg reference": ["dejpeg", "q10.jpg", "--quality", "reference", "--iterations", "8"],
    "super-resolve": ["super-resolve", "small.png", "--factor", "4", *FEW],
    "super-resolve 3": ["super-resolve", "small.png", "--factor", "3", "--downsample", "bicubic", *FEW],
    "super-resolve tiles": ["super-resolve", "small.png", "--factor", "2", "--tile-size", "32", *FEW],
    "super-resolve reference": ["super-resolve", "small.png", "--quality", "reference", "--iterations", "3"],
    **{f"inpaint {hole} {quality}": ["inpaint", "fill.png", "--mask", f"{hole}.png", "--quality", quality,
                                     *{"reference": ["--iterations", "3"], "balanced": FEW, "fast": []}[quality]]
       for hole in ["text", "region", "half", "few"] for quality in ["reference", "balanced", "fast"]},
    "inpaint noise": ["inpaint", "fill.png", "--mask", "text.png", "--input", "noise", *FEW],
    "inpaint tiles": ["inpaint", "fill.png", "--mask", "half.png", "--tile-size", "48", *FEW],
}


def digest(program, row, folder, out):
    arguments = [str(folder / part) if (folder / part).is_file() else part for part in ROWS[row]]
    path = out / f"{row}.png".replace(" ", "_")
    command = [program, *arguments, "-o", str(path), "--quiet", "--threads", "1"]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode != 0:
        return f"exit {done.returncode}: {done.stderr.strip()[:60]}"
    return hashlib.sha256(np.asarray(Image.open(path)).tobytes()).hexdigest()[:16]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("old")
    parser.add_argument("new", nargs="?", default="target/release/dipkit")
    parser.add_argument("names", nargs="*", help="rows, all by default")
    arguments = parser.parse_args()
    rows = arguments.names or list(ROWS)
    with tempfile.TemporaryDirectory() as temporary:
        folder = pathlib.Path(temporary)
        degraded(folder)
        outs = [folder / "old", folder / "new"]
        [out.mkdir() for out in outs]
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            programs = list(zip([arguments.old, arguments.new], outs))
            futures = {row: [pool.submit(digest, program, row, folder, out) for program, out in programs]
                       for row in rows}
            pairs = {row: [future.result() for future in pair] for row, pair in futures.items()}
    for row, (old, new) in pairs.items():
        print(f"{'same     ' if old == new else 'DIFFERENT'} {row:28} {old} {'' if old == new else new}")
    differing = sum(old != new for old, new in pairs.values())
    print(f"{len(pairs) - differing} of {len(pairs)} are the same")
    raise SystemExit(differing > 0)


if __name__ == "__main__":
    main()
