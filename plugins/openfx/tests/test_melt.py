"""melt, what Kdenlive and Shotcut render with: the same picture through it and through the command."""

import os
import pathlib
import shlex
import shutil
import subprocess
import tempfile
import unittest

import bench
import pictures

TREE = os.environ.get("MELT_TREE", "")
PROFILE = """description=test
frame_rate_num=25
frame_rate_den=1
width=%d
height=%d
progressive=1
sample_aspect_num=1
sample_aspect_den=1
display_aspect_num=%d
display_aspect_den=%d
colorspace=709
"""


@unittest.skipUnless(TREE and pathlib.Path(TREE + "/usr/bin/melt").exists(), "there is no melt")
class MeltTest(bench.Case):
    def setUp(self):
        # Seen in the tree as /mnt.
        self.folder = pathlib.Path(tempfile.mkdtemp(dir=bench.WORK))
        shutil.copytree(bench.BUNDLE, self.folder / "plugins" / bench.BUNDLE.name)

    def melt(self, *words):
        setup = "mount --bind %s %s/mnt && exec chroot %s env HOME=/mnt LC_ALL=C DIPKIT_CACHE_DIR=/mnt/cache OFX_PLUGIN_PATH=/mnt/plugins melt \"$@\"" % (
            shlex.quote(str(self.folder)), TREE, TREE)
        return subprocess.run(["unshare", "-m", "bash", "-c", setup, "melt", *words], capture_output=True, text=True,
                              timeout=300)

    def through(self, picture, task, **parameters):
        pictures.write_png(self.folder / "in.png", picture)
        width, height = picture.size
        (self.folder / "profile").write_text(PROFILE % (width, height, width, height))
        for old in self.folder.glob("out*"):
            old.unlink()
        settings = {"quality": "fast", "iterations": 8, "threads": 1, "device": "cpu", **parameters}
        done = self.melt("-profile", "/mnt/profile", "avformat:/mnt/in.png", "in=0", "out=0", "-filter",
                         "openfx." + bench.identifier(task), *("%s=%s" % pair for pair in settings.items()),
                         "-consumer", "avformat:/mnt/out%d.png", "f=image2", "vcodec=png", "pix_fmt=rgb24",
                         "real_time=-1", "terminate_on_pause=1")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue((self.folder / "out1.png").exists(), done.stdout + done.stderr)
        return pictures.read_png(self.folder / "out1.png"), done.stdout + done.stderr

    def test_melt_lists_all_four(self):
        listed = self.melt("-query", "filters").stdout
        for task in bench.NAMES:
            self.assertIn("openfx." + bench.identifier(task), listed)

    def test_a_picture_gives_the_commands_result(self):
        source = bench.scene(64, 48, "RGB").at("Byte")
        picture = pictures.Picture(64, 48, 3, 8, [round(s * 255) for s in source.samples])
        for task in ("denoise", "dejpeg"):
            seen, printed = self.through(picture, task)
            self.assertNotIn("[openfx] message", printed)
            self.assertFalse(seen.samples == picture.samples)
            wanted = self.command(task, source, depth="Byte")
            self.assertGreaterEqual(bench.psnr([s / 255 for s in seen.samples], wanted.samples), 50)
        self.assertEqual(len(list((self.folder / "cache").iterdir())), 2, "a frame was fitted twice")

    def test_enlarging_shows_the_source_and_says_why(self):
        picture = pictures.Picture(64, 48, 3, 8, [round(s * 255) for s in bench.scene(64, 48, "RGB").samples])
        seen, printed = self.through(picture, "super-resolve", factor=2)
        self.assertIn("does not let a plug-in make the picture larger", printed)
        self.assert_samples(seen.samples, picture.samples)

    def test_a_refused_option_shows_the_source_and_says_why(self):
        picture = pictures.Picture(64, 48, 3, 8, [round(s * 255) for s in bench.scene(64, 48, "RGB").samples])
        seen, printed = self.through(picture, "denoise", options="tile_size=many")
        self.assertIn('tile_size is "many"', printed)
        self.assert_samples(seen.samples, picture.samples)
