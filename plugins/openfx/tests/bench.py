"""The host on the standard's host library as an object, and what all suites share."""

import json
import math
import os
import pathlib
import random
import shutil
import struct
import subprocess
import tempfile
import unittest

import pictures

LIBRARY_DIR = pathlib.Path(os.environ["LIBRARY_DIR"]).resolve()
WORK = pathlib.Path(os.environ["WORK"])
BUILD = (pathlib.Path(__file__).parent / "../../../target/openfx").resolve()
TESTS = BUILD.parent / "openfx-tests"
BUNDLE = BUILD / "Dipkit.ofx.bundle"
NAMES = {"denoise": "Denoise", "dejpeg": "Dejpeg", "super-resolve": "SuperResolve", "inpaint": "Inpaint"}
# Letters of struct, and the number that stands for 1.
DEPTHS = {"Byte": ("B", 255), "Short": ("H", 65535), "Half": ("e", None), "Float": ("f", None)}
CHANNELS = {"RGBA": 4, "RGB": 3, "Alpha": 1}
OK, FAILED = 0, 1
FAST = 2  # of quality
QUICK = {"quality": FAST, "iterations": 8, "threads": 1, "device": 1}
QUALITIES, DEVICES = ["reference", "balanced", "fast"], ["auto", "cpu", "cuda", "metal"]


def identifier(task):
    return "io.github.dipkit.Dipkit" + NAMES[task]


class Image:
    """Numbers of 1 and below or above, row by row from the top, channels interleaved."""

    def __init__(self, width, height, components, samples):
        self.width, self.height, self.components, self.samples = width, height, components, samples

    @property
    def channels(self):
        return CHANNELS[self.components]

    def raw(self, depth):
        letter, one = DEPTHS[depth]
        samples = [round(min(max(s, 0), 1) * one) for s in self.samples] if one else self.samples
        return struct.pack("%d%s" % (len(samples), letter), *samples)

    @staticmethod
    def of_raw(data, width, height, components, depth):
        letter, one = DEPTHS[depth]
        samples = struct.unpack("%d%s" % (len(data) // struct.calcsize(letter), letter), data)
        return Image(width, height, components, [s / one for s in samples] if one else list(samples))

    def at(self, depth):
        """As it is at that depth."""
        return Image.of_raw(self.raw(depth), self.width, self.height, self.components, depth)

    def colour(self):
        return [s for i, s in enumerate(self.samples) if i % self.channels < 3]

    def crop(self, x, y, width, height):
        row = lambda at: self.samples[((y + at) * self.width + x) * self.channels :][: width * self.channels]
        return Image(width, height, self.components, [s for at in range(height) for s in row(at)])


def scene(width=64, height=48, components="RGBA", noise=0.06, seed=1, alpha=None):
    draw, channels, samples = random.Random(seed), CHANNELS[components], []
    for y in range(height):
        for x in range(width):
            disc = 0.3 if (x - width * 0.6) ** 2 + (y - height * 0.4) ** 2 < (height * 0.25) ** 2 else 0
            for c in range(min(channels, 3)):
                smooth = 0.15 + 0.35 * (x * (c + 1) / 3 / width) + 0.1 * y / height + disc
                samples.append(min(max(smooth + draw.gauss(0, noise), 0), 1))
            if channels == 4:
                samples.append(alpha(x, y) if alpha else 1.0)
    return Image(width, height, components, samples)


def psnr(one, other):
    pairs = list(zip(one, other))
    error = sum((a - b) ** 2 for a, b in pairs) / len(pairs)
    return math.inf if error == 0 else -10 * math.log10(error)


class Bench:
    """A host process of its own. `set`, `show` and so on are its commands."""

    def __init__(self, plugins=BUILD, name="bench", multiresolution=1, cache=None, **environment):
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=WORK))
        self.cache = cache or self.folder / "cache"
        self.errors = open(self.folder / "stderr", "w+")
        given = {"OFX_PLUGIN_PATH": str(plugins), "DIPKIT_CACHE_DIR": str(self.cache), **environment}
        self.process = subprocess.Popen(
            [TESTS / "host", name, str(multiresolution)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=self.errors, text=True, env={**os.environ, **given})
        self.files = 0
        self.loaded = self.ask("load")

    def ask(self, *words, **settings):
        words = [str(word) for word in words] + ["%s=%s" % pair for pair in settings.items()]
        self.process.stdin.write("\t".join(words) + "\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, "the host has died: %s" % self.end()
        answer = json.loads(line)
        assert not (isinstance(answer, dict) and "error" in answer), answer
        return answer

    def end(self):
        """What it printed beside its answers, and how it ended."""
        self.process.stdin.close()
        rest = self.process.stdout.read()
        status = self.process.wait(timeout=60)
        self.process.stdout.close()
        self.errors.seek(0)
        printed = rest + self.errors.read()
        self.errors.close()
        return printed, status

    def create(self, name, task, context="Filter", **parameters):
        assert self.ask("create", name, identifier(task), context) == OK
        self.set(name, **{**QUICK, **parameters})

    def set(self, name, **parameters):
        for parameter, value in parameters.items():
            self.ask("set", name, parameter, value)

    def file(self):
        self.files += 1
        return self.folder / ("picture%d.raw" % self.files)

    def show(self, name, image, clip="Source", depth="Float", **layout):
        path = self.file()
        path.write_bytes(image.raw(depth))
        self.ask("show", name, clip, file=path, depth=depth, components=image.components, w=image.width,
                 h=image.height, **layout)
        if clip == "Source":
            self.output(name, image, depth, **layout)

    def output(self, name, image, depth="Float", factor=1, **layout):
        scaled = {key: layout[key] * factor for key in ("x", "y") if key in layout}
        self.ask("show", name, "Output", depth=depth, components=image.components, w=image.width * factor,
                 h=image.height * factor, **{**layout, **scaled})
        self.shown = image.width * factor, image.height * factor, image.components, depth

    def render(self, name, **settings):
        path = self.file()
        answer = self.ask("render", name, out=path, **settings)
        answer["image"] = Image.of_raw(path.read_bytes(), *self.shown)
        return answer


class Case(unittest.TestCase):
    maxDiff = 2000

    def bench(self, **settings):
        bench = Bench(**settings)
        self.addCleanup(lambda: bench.process.stdin.closed or self.assert_quiet(bench))
        return bench

    def assert_quiet(self, bench):
        """Nothing but answers was printed, and nothing crashed."""
        self.assertEqual(bench.end(), ("", 0))

    def assert_samples(self, seen, wanted):
        """The same bits, without a list of them all."""
        self.assertEqual(len(seen), len(wanted))
        others = [i for i, (a, b) in enumerate(zip(seen, wanted)) if a != b and (a == a or b == b)]
        self.assertEqual(len(others), 0, "of %d, first at %s" % (len(seen), others[:1]))

    def assert_restored(self, answer, source):
        self.assertEqual((answer["status"], answer["messages"]), (OK, []))
        self.assertTrue(answer["untouched"])
        self.assertFalse(answer["image"].samples == source.samples, "nothing has changed")
        self.assertGreater(psnr(answer["image"].colour(), source.colour()), 10)

    def assert_told(self, answer, *words, source=None):
        """Failed with one sentence and the source in the window."""
        self.assertEqual(answer["status"], FAILED)
        self.assertEqual(len(answer["messages"]), 1, answer["messages"])
        for word in words:
            self.assertIn(word, answer["messages"][0])
        self.assertRegex(answer["messages"][0], r"^OfxMessageError: \S.*\w.*\.$")
        if source:
            self.assert_samples(answer["image"].samples, source.samples)

    def command(self, task, image, mask=None, depth="Float", **options):
        """The command's picture of the same samples at the same options: float TIFF, or 8 and 16-bit PNG."""
        folder = pathlib.Path(tempfile.mkdtemp(dir=WORK))
        flags = {"quality": QUALITIES[QUICK["quality"]], "iterations": QUICK["iterations"], "threads": 2,
                 "device": "cpu", **options}
        if depth == "Float":
            picture = pictures.Picture(image.width, image.height, 3, 32, image.colour())
            given, result = pictures.write_float_tiff(folder / "in.tiff", picture), folder / "out.tiff"
        else:
            bits = {"Byte": 8, "Short": 16}[depth]
            samples = [round(s * DEPTHS[depth][1]) for s in image.samples]
            picture = pictures.Picture(image.width, image.height, image.channels, bits, samples)
            given, result = pictures.write_png(folder / "in.png", picture), folder / "out.png"
        words = [word for name, value in flags.items() for word in ("--" + name.replace("_", "-"), str(value))]
        if mask:
            samples = [round((1 - s) * 255) for s in mask.samples]
            kept = pictures.Picture(mask.width, mask.height, 1, 8, samples)
            words += ["--mask", pictures.write_png(folder / "mask.png", kept)]
        subprocess.run([LIBRARY_DIR / "dipkit", task, given, "-o", result, "--quiet", *words], check=True)
        if depth == "Float":
            read = pictures.read_float_tiff(result)
            return Image(read.width, read.height, "RGB", read.samples)
        read = pictures.read_png(result)
        return Image(read.width, read.height, image.components, [s / DEPTHS[depth][1] for s in read.samples])


def copy_of_bundle(engine=None):
    """The bundle elsewhere, with another file for its engine; None is none."""
    folder = pathlib.Path(tempfile.mkdtemp(dir=WORK))
    shutil.copytree(BUNDLE, folder / BUNDLE.name)
    (library,) = (folder / BUNDLE.name).glob("Contents/*/libdipkit.so")
    library.unlink()
    if engine is not None:
        shutil.copy(engine, library)
    return folder
