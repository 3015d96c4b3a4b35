"""The pixels of every task, precision and layout are the command line's; alpha stays to the bit."""

import pictures
from case import QUICK, Case

LAYOUTS = {"grey": 1, "grey-alpha": 2, "rgb": 3, "rgba": 4}
HOLE = (9, 7, 6, 5)
PRECISIONS_2 = {
    "U8-LINEAR": 260, "U8-GAMMA": 130, "U16-LINEAR": 12, "U16-GAMMA": 2, "U32-LINEAR": 12, "U32-GAMMA": 8,
    "HALF-LINEAR": 60, "HALF-GAMMA": 40, "FLOAT-LINEAR": 12, "FLOAT-GAMMA": 8, "DOUBLE-LINEAR": 12, "DOUBLE-GAMMA": 8,
}
PRECISIONS_3 = {name.replace("GAMMA", encoding): step for name, step in PRECISIONS_2.items()
                for encoding in (("NON-LINEAR", "PERCEPTUAL") if "GAMMA" in name else ("",))}


class Layouts(Case):
    @classmethod
    def plan(cls):
        for name, channels in LAYOUTS.items():
            path = cls.png(name + ".png", pictures.noisy(31, 23, channels))
            cls.script(path, "%s (dip-export image (dip-layer image) \"%s\")" % (
                cls.host.call("denoise", output="replace", **QUICK), cls.file(name + "-out.png")))
        rgba = cls.file("rgba.png")
        for task, more in (("dejpeg", {}), ("super-resolve", {"factor": 2, "output": "new-image"}), ("inpaint", {})):
            cls.script(rgba, "(gimp-image-select-rectangle image CHANNEL-OP-REPLACE %d %d %d %d) %s"
                       "(let* ((new %s)) (dip-export (car new) (cadr new) \"%s\"))" % (
                           *HOLE, "" if task == "inpaint" else "(gimp-selection-none image)",
                           cls.host.call(task, **{**QUICK, **more}), cls.file(task + "-out.png")))
        cls.png("mask.png", pictures.hole_mask(pictures.read_png(rgba), *HOLE))

    def test_denoised_layouts_are_the_command_lines(self):
        for name in LAYOUTS:
            with self.subTest(name):
                self.assert_same(self.result(name + "-out.png"), self.restored("denoise", self.file(name + ".png")))

    def test_alpha_is_kept_to_the_bit(self):
        for name in ("grey-alpha", "rgba"):
            self.assertEqual(self.result(name + "-out.png").alpha, pictures.read_png(self.file(name + ".png")).alpha)

    def test_dejpeg_is_the_command_lines(self):
        self.assert_same(self.result("dejpeg-out.png"), self.restored("dejpeg", self.file("rgba.png")))

    def test_super_resolved_is_the_command_lines(self):
        result = self.result("super-resolve-out.png")
        self.assertEqual(result.size, (62, 46))
        self.assert_same(result, self.restored("super-resolve", self.file("rgba.png"), factor=2))

    def test_inpainted_is_the_command_lines(self):
        expected = self.restored("inpaint", self.file("rgba.png"), mask=self.file("mask.png"))
        self.assert_same(self.result("inpaint-out.png"), expected)
        self.assertNotEqual(expected.samples, pictures.read_png(self.file("rgba.png")).samples)

    def test_nothing_is_complained(self):
        self.assert_quiet()


class Precisions(Case):
    # A fit grows rounding into other pictures; with these rates it stays a smooth function of what it is given.
    CALM = {"iterations": 2, "strength": 0.5}
    RATES = {"learning_rate": 1e-6, "matrix_learning_rate": 1e-6}

    @classmethod
    def plan(cls):
        cls.precisions = PRECISIONS_3 if cls.host.is_3 else PRECISIONS_2
        last = "PRECISION-U16-NON-LINEAR" if cls.host.is_3 else "PRECISION-U16-GAMMA"
        rates = " ".join("%s=%g" % rate for rate in cls.RATES.items())
        path = cls.png("rgba16.png", pictures.noisy(24, 16, 4, 16, low=0.4))
        for name in cls.precisions:
            before, after = cls.file(name + "-before.png"), cls.file(name + "-after.png")
            cls.script(path, "(dip-convert image PRECISION-%s) (dip-export image layer \"%s\" %s) %s"
                       "(dip-export image (dip-layer image) \"%s\" %s)" % (
                           name, before, last, cls.host.call(
                               "denoise", output="replace", options=rates, **cls.CALM), after, last))

    def test_every_precision_is_the_command_lines(self):
        for name, step in self.precisions.items():
            with self.subTest(name):
                before, after = self.result(name + "-before.png"), self.result(name + "-after.png")
                expected = self.restored("denoise", self.file(name + "-before.png"), **self.CALM, **self.RATES)
                self.assert_same(after, expected, step)
                self.assertEqual(after.alpha, before.alpha)
                self.assertNotEqual(after.colour, before.colour)


class BrightPixels(Case):
    """Values above 1, in floats."""

    LONGER = {"iterations": 80}

    @classmethod
    def plan(cls):
        picture = pictures.noisy(24, 18)
        samples = [sample / 255 for sample in picture.samples]
        for y in range(5, 13):
            samples[3 * (24 * y + 8) : 3 * (24 * y + 16)] = [3.5] * 24
        path = pictures.write_float_tiff(cls.file("bright.tiff"), pictures.Picture(24, 18, 3, 32, samples))
        encoded = "PRECISION-FLOAT-NON-LINEAR" if cls.host.is_3 else "PRECISION-FLOAT-GAMMA"
        cls.script(path, "(dip-convert image %s) (dip-export image layer \"%s\") %s (dip-export image (dip-layer image) \"%s\")" % (
                       encoded, cls.file("before.tiff"),
                       cls.host.call("denoise", output="replace", **cls.LONGER), cls.file("after.tiff")))

    def test_brightness_survives(self):
        before, after = (pictures.read_float_tiff(self.file(name + ".tiff")) for name in ("before", "after"))
        self.assertGreater(max(before.samples), 1.5)
        self.assertGreater(max(after.samples), 1.2)
        expected = self.restored("denoise", self.file("before.tiff"), extension="tiff", **self.LONGER)
        self.assert_same(after, expected, 1e-4)


class TinyPictures(Case):
    SIZES = ((1, 1), (5, 3))

    @classmethod
    def plan(cls):
        for width, height in cls.SIZES:
            path = cls.png("%dx%d.png" % (width, height), pictures.noisy(width, height))
            for task, more in (("denoise", {}), ("dejpeg", {}), ("super-resolve", {"factor": 3, "output": "new-image"})):
                out = cls.file("%s-%dx%d.png" % (task, width, height))
                cls.script(path, "(let* ((new %s)) (dip-export (car new) (cadr new) \"%s\"))" % (
                    cls.host.call(task, **{**QUICK, **more}), out))
        cls.script(cls.file("5x3.png"), "(gimp-image-select-rectangle image CHANNEL-OP-REPLACE 1 1 2 1)"
                   "(let* ((new %s)) (dip-export (car new) (cadr new) \"%s\"))" % (
                       cls.host.call("inpaint", **QUICK), cls.file("inpaint-5x3.png")))

    def test_tiny_pictures_are_the_command_lines(self):
        for width, height in self.SIZES:
            source = self.file("%dx%d.png" % (width, height))
            for task in ("denoise", "dejpeg"):
                self.assert_same(self.result("%s-%dx%d.png" % (task, width, height)), self.restored(task, source))
            enlarged = self.restored("super-resolve", source, factor=3)
            self.assert_same(self.result("super-resolve-%dx%d.png" % (width, height)), enlarged)
        mask = self.png("tiny-mask.png", pictures.hole_mask(pictures.noisy(5, 3), 1, 1, 2, 1))
        self.assert_same(self.result("inpaint-5x3.png"), self.restored("inpaint", self.file("5x3.png"), mask=mask))
