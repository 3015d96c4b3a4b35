"""What the dialog and the run window say: how long it will take, how far all of it is, and what became of a fit."""

import os
import pathlib

from windowed import Windowed

DIVERGE = pathlib.Path(os.environ["WORK"]) / "diverge"
SECONDS = {"second": 1, "minute": 60, "hour": 3600}
SIDE, TILE = 192, 96
REFERENCE, BALANCED, FAST = range(3)
NEW_LAYER, REPLACE = range(2)


class Words(Windowed):
    @classmethod
    def setUpClass(cls):
        cls.ENVIRONMENT = {"DIPKIT_DIVERGE": str(DIVERGE)}
        super().setUpClass()

    @classmethod
    def plan(cls):
        cls.ENVIRONMENT["DIPKIT_LIBRARY"] = cls.host.built("watched")

    def setUp(self):
        super().setUp()
        self.addCleanup(DIVERGE.unlink, missing_ok=True)

    def choose(self, dialog, mnemonic, index):
        self.screen.key(dialog, mnemonic, *["Up"] * 3, *["Down"] * index)

    def write(self, dialog, mnemonic, text):
        self.screen.key(dialog, mnemonic, "ctrl+a", "BackSpace")
        self.screen.xdotool("type", text)

    def filled_dialog(self, output=NEW_LAYER, quality=BALANCED, iterations=0, options=""):
        """All of what tests change: a dialog begins with the last values."""
        dialog = self.open_dialog()
        self.choose(dialog, "alt+u", output)
        self.choose(dialog, "alt+q", quality)
        self.write(dialog, "alt+i", str(iterations))
        self.write(dialog, "alt+p", options)
        return dialog

    def estimate(self):
        number, unit = self.hear(r"^Takes at most about (\d+) (second|minute|hour)s? on this machine\.$").groups()
        return int(number) * SECONDS[unit]

    def test_dialog_says_how_long_each_quality_takes(self):
        dialog = self.filled_dialog(quality=FAST)
        fast = self.estimate()
        self.mark()
        self.choose(dialog, "alt+q", REFERENCE)
        reference = self.estimate()
        self.assertGreater(reference, 3 * fast)
        self.accept(dialog)
        # What the run itself finds, with room for a machine that has other things to do meanwhile.
        minutes, seconds = map(int, self.hear(r"^Iteration [1-9].* about (\d+):(\d\d) left").groups())
        self.assertTrue(1 / 8 < (60 * minutes + seconds) / reference < 8, (minutes, seconds, reference))

    def test_progress_of_tiles_is_of_the_whole(self):
        self.accept(self.filled_dialog(iterations=10, options="tile_size=%d" % TILE))
        tiles_inheriting = (SIDE // TILE) ** 2 - 1
        total = int(self.hear(r"^Iteration \d+ of (\d+), .* elapsed,  done$").group(1))
        self.assertGreaterEqual(total, 10 + 4 * tiles_inheriting)
        shares = [float(line.split()[1]) for line in self.heard() if line.startswith("progress")]
        self.assertEqual(shares, sorted(shares))
        self.assertEqual(shares[-1], 1)
        self.assertGreater(len([share for share in shares if 0 < share < 1]), 1, shares)

    def test_diverged_fit_offers_its_best_picture(self):
        given = self.pixels("given.png")
        DIVERGE.touch()
        window = self.accept(self.filled_dialog())
        self.hear(r"^The fit diverged at iteration \d+ of \d+: .*Keep takes the best picture before that")
        self.assertIsNotNone(self.screen.plug_in(), "it waits for an answer")
        self.screen.key(window, "alt+k")
        self.screen.wait("the layer", lambda: self.state()[:2] == ("1", "2"))
        self.assertFalse(self.pixels("kept.png", above=1) == given)
        self.screen.key(self.screen.main, "ctrl+z")
        self.assert_as_before()

    def test_diverged_fit_may_be_cancelled(self):
        DIVERGE.touch()
        window = self.accept(self.filled_dialog())
        self.hear("^The fit diverged")
        self.screen.key(window, "alt+c")
        self.assert_as_before()

    def test_kept_replacement_is_undone_bit_for_bit(self):
        given = self.pixels("given.png")
        window = self.accept(self.filled_dialog(output=REPLACE))
        self.hear("^Iteration [1-9]")
        self.screen.key(window, "alt+k")
        self.screen.wait("the change", lambda: self.state()[:2] == ("1", "1"))
        self.assertFalse(self.pixels("replaced.png") == given)
        self.screen.key(self.screen.main, "ctrl+z")
        self.assert_as_before()
        self.assertTrue(self.pixels("undone.png") == given)
