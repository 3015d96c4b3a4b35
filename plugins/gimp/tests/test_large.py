"""Large pictures: a selection limits what is fitted and what changes, whatever the size of the rest."""

import re

import pictures
from case import QUICK, Case

WIDTH, HEIGHT = 2400, 1800
SELECTED = (1500, 700, 40, 30)
MARGIN = 32
LARGEST_FIT_BYTES = 1 << 30  # of the whole at once it would be 8 GB


class LargePictures(Case):
    @classmethod
    def plan(cls):
        tile = pictures.noisy(120, 100)
        rows = [bytes(tile.samples[start : start + 360]) * (WIDTH // 120) for start in range(0, len(tile.samples), 360)]
        cls.given = b"".join(rows) * (HEIGHT // 100)
        cls.file("large.ppm").write_bytes(b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + cls.given)

    def run_selected(self, task):
        """The result, and the size of what the engine gets, whose fit is a small one."""
        select = "(gimp-image-select-rectangle image CHANNEL-OP-REPLACE %d %d %d %d)" % SELECTED
        log = self.host.scheme('(let* ((image (dip-load "%s")) (layer (dip-layer image))) %s %s (dip-save-ppm image layer "%s"))' % (
            self.file("large.ppm"), select, self.host.call(task, output="replace", **QUICK), self.file(task + ".ppm")),
            DIPKIT_LIBRARY=self.host.built("watched"), DIPKIT_FITTED=str(self.file(task + ".txt")))
        self.assertTrue(self.file(task + ".ppm").exists(), log)
        size, memory = self.facts(task + ".txt")
        self.assertLess(int(memory), LARGEST_FIT_BYTES)
        return self.samples(self.file(task + ".ppm")), size

    def samples(self, path):
        data = path.read_bytes()
        head = re.match(rb"P6\s(?:#.*\n)?%d\s%d\s255\s" % (WIDTH, HEIGHT), data)
        self.assertTrue(head, data[:60])
        return data[head.end() :]

    def part(self, samples, x, y, width, height):
        rows = (samples[3 * ((y + row) * WIDTH + x) :][: 3 * width] for row in range(height))
        return pictures.Picture(width, height, 3, 8, list(b"".join(rows)))

    def with_given_selection(self, samples):
        x, y, width, height = SELECTED
        whole = bytearray(samples)
        for row in range(y, y + height):
            start, end = 3 * (row * WIDTH + x), 3 * (row * WIDTH + x + width)
            whole[start:end] = self.given[start:end]
        return bytes(whole)

    def test_selection_of_a_large_picture_is_fitted_alone(self):
        x, y, width, height = SELECTED
        result, size = self.run_selected("denoise")
        self.assertEqual(size, "%dx%d" % (width + 2 * MARGIN, height + 2 * MARGIN))
        self.assertTrue(self.with_given_selection(result) == self.given, "outside all is as it was")
        around = self.part(self.given, x - MARGIN, y - MARGIN, width + 2 * MARGIN, height + 2 * MARGIN)
        expected = self.restored("denoise", self.png("around.png", around)).crop(MARGIN, MARGIN, width, height)
        self.assert_same(self.part(result, *SELECTED), expected)

    def test_hole_in_a_large_picture_is_filled_from_its_neighbourhood(self):
        x, y, width, height = SELECTED
        result, size = self.run_selected("inpaint")
        self.assertEqual(size, "%dx%d" % (WIDTH, HEIGHT), "the engine looks for the neighbourhood")
        self.assertTrue(self.with_given_selection(result) == self.given, "outside all is as it was")
        mask = bytearray(b"\xff" * (WIDTH * HEIGHT))
        for row in range(y, y + height):
            mask[row * WIDTH + x : row * WIDTH + x + width] = bytes(width)
        self.file("mask.pgm").write_bytes(b"P5\n%d %d\n255\n" % (WIDTH, HEIGHT) + mask)
        expected = self.restored_file("inpaint", self.file("large.ppm"), "ppm", mask=self.file("mask.pgm"))
        self.assertTrue(result == self.samples(expected))
        self.assertFalse(result == self.given)
