"""Where results go: beside the layer, into it, or into a new image, whatever the layer's place; and what a selection
leaves alone."""

import pathlib

import pictures
from case import QUICK, Case

PROFILE = pathlib.Path("/usr/share/color/icc/ghostscript/rommrgb.icc")
DENSITY = (4724, 4724)  # 120 dpi
MARGIN = 32  # around a selection, fitted with it


class NewLayers(Case):
    """A layer of 40x30 on a canvas of 100x80 or 20x10, with an offset, in a group, with a mask."""

    @classmethod
    def plan(cls):
        path = cls.png("layer.png", pictures.noisy(40, 30, 4))
        for name, width, height, x, y in (("smaller", 100, 80, 17, 9), ("larger", 20, 10, -8, -5)):
            cls.script(path, """
              (gimp-image-resize image {width} {height} {x} {y})
              (gimp-layer-set-mode layer LAYER-MODE-MULTIPLY) (gimp-layer-set-opacity layer 60)
              (let* ((group (dip-group image)) (mask (car (gimp-layer-create-mask layer ADD-MASK-ALPHA))))
                (gimp-image-insert-layer image group dip-top 0)
                (gimp-image-reorder-item image layer group 0)
                (gimp-layer-add-mask layer mask)
                (let* ((new (cadr {call})))
                  (dip-tell "{facts}" (car (gimp-item-get-name new)) (dip-offsets new)
                    (equal? (car (gimp-item-get-parent new)) group)
                    (car (gimp-image-get-item-position image new)) (car (gimp-image-get-item-position image layer))
                    (= (car (gimp-layer-get-mode new)) LAYER-MODE-MULTIPLY) (round (car (gimp-layer-get-opacity new)))
                    (not (= -1 (car (gimp-layer-get-mask new)))) (dip-width new) (dip-height new)
                    (car (gimp-image-is-dirty image)))
                  (dip-export image new "{out}")
                  (dip-export image layer "{untouched}")))
            """.format(width=width, height=height, x=x, y=y, call=cls.host.call("denoise", **QUICK),
                       facts=cls.file(name + ".txt"), out=cls.file(name + ".png"),
                       untouched=cls.file(name + "-untouched.png")))

    def test_new_layer_is_above_in_the_same_group(self):
        for name, offsets in (("smaller", "(17 9)"), ("larger", "(-8 -5)")):
            expected = ["DIP Denoise", offsets, "#t", "0", "1", "#t", "60", "#t", "40", "30", "1"]
            self.assertEqual([fact.replace(".0", "") for fact in self.facts(name + ".txt")], expected, self.log)

    def test_whole_layer_is_restored_and_the_given_one_untouched(self):
        expected = self.restored("denoise", self.file("layer.png"))
        for name in ("smaller", "larger"):
            self.assert_same(self.result(name + ".png"), expected)
            self.assert_same(self.result(name + "-untouched.png"), pictures.read_png(self.file("layer.png")))


class Selections(Case):
    SELECTED = (52, 44, 20, 14)

    @classmethod
    def plan(cls):
        path = cls.png("picture.png", pictures.noisy(120, 100))
        for output in ("replace", "new-layer"):
            cls.script(path, """
              (gimp-image-resize image 150 130 10 20)
              (gimp-image-select-rectangle image CHANNEL-OP-REPLACE {x} {y} {w} {h})
              (gimp-selection-feather image 6)
              (gimp-context-set-feather TRUE)
              (let* ((bounds (gimp-selection-bounds image)) (new (cadr {call})))
                (dip-tell "{facts}" (cadr bounds) (caddr bounds) (cadddr bounds) (car (cddddr bounds))
                          (equal? bounds (gimp-selection-bounds image)) (vector-length (cadr-or-car (gimp-image-get-channels image))))
                (dip-export image new "{out}"))
            """.format(x=cls.SELECTED[0] + 10, y=cls.SELECTED[1] + 20, w=cls.SELECTED[2], h=cls.SELECTED[3], call=cls.host.call(
                "denoise", output=output, **QUICK), facts=cls.file(output + ".txt"), out=cls.file(output + ".png")))

    def test_selection_limits_what_changes(self):
        given = pictures.read_png(self.file("picture.png"))
        for output in ("replace", "new-layer"):
            with self.subTest(output):
                left, top, right, bottom, is_kept, channels = self.facts(output + ".txt")
                self.assertEqual((is_kept, channels), ("#t", "0"), "selection and channels are as before")
                x, y = int(left) - 10, int(top) - 20
                width, height = int(right) - int(left), int(bottom) - int(top)
                self.check(given, self.result(output + ".png"), x, y, width, height)

    def check(self, given, result, x, y, width, height):
        left, top = max(x - MARGIN, 0), max(y - MARGIN, 0)
        right, bottom = min(x + width + MARGIN, given.width), min(y + height + MARGIN, given.height)
        part = given.crop(left, top, right - left, bottom - top)
        fitted = self.restored("denoise", self.png("part.png", part))
        centre = (self.SELECTED[0] + self.SELECTED[2] // 2, self.SELECTED[1] + self.SELECTED[3] // 2)
        between = 0
        for py in range(given.height):
            for px in range(given.width):
                was, now = given.pixel(px, py), result.pixel(px, py)
                if not (x <= px < x + width and y <= py < y + height):
                    self.assertEqual(now, was, (px, py))
                    continue
                target = fitted.pixel(px - left, py - top)
                for a, b, c in zip(was, now, target):
                    self.assertTrue(min(a, c) - 1 <= b <= max(a, c) + 1, (px, py, a, b, c))
                between += now not in (was, target)
                if (px, py) == centre:
                    self.assertEqual(now, target)
        self.assertGreater(between, 40, "soft edges")


class Holes(Case):
    HOLE = (14, 10, 8, 6)

    @classmethod
    def plan(cls):
        path = cls.png("picture.png", pictures.noisy(40, 32))
        select = "(gimp-image-select-rectangle image CHANNEL-OP-REPLACE %d %d %d %d)" % cls.HOLE
        cls.script(path, "%s %s (dip-export image (dip-layer image) \"%s\")" % (
            select, cls.host.call("inpaint", output="replace", grow=2, **QUICK), cls.file("grown.png")))
        cls.script(path, "%s %s (dip-export image (dip-layer image) \"%s\")" % (
            select, cls.host.call("inpaint", output="replace", feather=5, **QUICK), cls.file("feathered.png")))
        cut = pictures.noisy(40, 32, 4)
        holes = pictures.hole_mask(cut, *cls.HOLE)
        for at in range(40 * 32):
            inside = holes.samples[at] == 0
            cut.samples[4 * at + 3] = 0 if inside else 255
        cls.script(cls.png("cut.png", cut), "%s (dip-export image (dip-layer image) \"%s\")" % (
            cls.host.call("inpaint", output="replace", mask_source="transparency", **QUICK), cls.file("filled.png")))

    def changed(self, name):
        """The bounds of what is not as in the given picture."""
        given, result = pictures.read_png(self.file("picture.png")), self.result(name)
        places = [(x, y) for y in range(32) for x in range(40) if given.pixel(x, y) != result.pixel(x, y)]
        xs, ys = [x for x, _ in places], [y for _, y in places]
        return min(xs), min(ys), max(xs) + 1 - min(xs), max(ys) + 1 - min(ys)

    def test_grown_hole_is_filled_and_the_rest_kept(self):
        x, y, width, height = self.HOLE
        self.assertEqual(self.changed("grown.png"), (x - 2, y - 2, width + 4, height + 4))

    def test_feathered_hole_is_wider(self):
        x, y, width, height = self.changed("feathered.png")
        self.assertTrue(x < self.HOLE[0] and y < self.HOLE[1] and width > self.HOLE[2] and height > self.HOLE[3])

    def test_transparency_is_filled_and_opaque(self):
        result = self.result("filled.png")
        self.assertIn(result.channels, (3, 4))
        if result.channels == 4:
            self.assertEqual(set(result.alpha), {255})
        opaque = pictures.read_png(self.file("cut.png"))
        rgb = pictures.Picture(40, 32, 3, 8, opaque.colour)
        mask = self.png("mask.png", pictures.hole_mask(rgb, *self.HOLE))
        expected = self.restored("inpaint", self.png("rgb.png", rgb), mask=mask)
        self.assertEqual(result.colour, expected.samples)


class NewImages(Case):
    @classmethod
    def plan(cls):
        picture = pictures.noisy(30, 20, 3, 16)
        path = cls.png("profiled.png", picture, profile=PROFILE.read_bytes(), pixels_a_metre=DENSITY)
        for task, more in (("denoise", {}), ("super-resolve", {"factor": 2})):
            cls.script(path, "(let* ((new %s)) (dip-save-profiled (car new) (cadr new) \"%s\"))" % (
                cls.host.call(task, output="new-image", **QUICK, **more), cls.file(task + ".png")))
        path = cls.png("plain.png", picture)
        cls.script(path, """
          (gimp-image-resize image 50 40 8 6)
          (let* ((new {call}))
            (dip-tell "{facts}" (= (car new) image) (= (cadr new) layer) (dip-width layer) (dip-height layer)
                      (dip-offsets layer) {width})
            (dip-export image layer "{out}"))""".format(
                call=cls.host.call("super-resolve", output="replace", factor=2, **QUICK), facts=cls.file("scaled.txt"),
                width="(car (gimp-image-get-width image))" if cls.host.is_3 else "(car (gimp-image-width image))",
                out=cls.file("scaled.png")))
        cls.script(path, "(let* ((new %s)) (dip-tell \"%s\" (dip-offsets (cadr new)) (dip-width (cadr new))))" % (
            cls.host.call("super-resolve", output="new-layer", factor=2, **QUICK), cls.file("layer.txt")))

    def test_new_image_keeps_profile_resolution_and_depth(self):
        given = pictures.read_png(self.file("profiled.png"))
        for task, factor in (("denoise", 1), ("super-resolve", 2)):
            result = self.result(task + ".png")
            self.assertEqual(pictures.profile_in(result), PROFILE.read_bytes())
            self.assertEqual(result.depth, 16)
            density = [int.from_bytes(result.chunks["pHYs"][at : at + 4], "big") for at in (0, 4)]
            for now, was in zip(density, DENSITY):
                self.assertAlmostEqual(now / was, factor, places=3)
            options = {"factor": factor} if factor > 1 else {}
            self.assert_same(result, self.restored(task, self.file("profiled.png"), **options), 1)
            self.assertEqual(result.size, (given.width * factor, given.height * factor))

    def test_replacing_super_resolution_scales_the_image(self):
        facts = self.facts("scaled.txt")
        self.assertEqual(facts, ["#t", "#t", "60", "40", "(16 12)", "100"])
        self.assert_same(self.result("scaled.png"), self.restored("super-resolve", self.file("plain.png"), factor=2), 1)

    def test_super_resolved_layer_is_larger(self):
        self.assertEqual(self.facts("layer.txt"), ["(0 0)", "60"])
