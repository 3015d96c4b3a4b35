"""The dialog and the run window, in a GIMP with a screen: what one sees while a fit runs, and that whatever ends it
leaves the image as it was."""

import os
import pathlib
import shutil
import signal
import time

import desktop
import pictures
from case import Case

GRAINY = pathlib.Path(__file__).resolve().parents[3] / "tests/data/readme/astronaut_noisy.png"
PREVIEW = (20, 60, 500, 300)  # of the run window, inside the picture
NARROWEST_RUN_WINDOW = 600    # the dialog is narrower
LEFT, RIGHT = (110, 0, 150, 200), (330, 0, 150, 200)  # of the preview, beside the line between
MOMENTS = 3


class Windows(Case):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        path = shutil.copy(GRAINY, cls.file("grainy.png"))
        cls.screen = desktop.Desktop(cls.host, path, cls.folder)
        prelude = cls.file("prelude.scm")
        images = "(car (gimp-get-images))" if cls.host.is_3 else "(cadr (gimp-image-list))"
        prelude.write_text(cls.host.prelude() + "(define dip-image (vector-ref %s 0))" % images)
        cls.screen.ask('(load "%s")' % prelude)

    @classmethod
    def tearDownClass(cls):
        cls.screen.close()

    def setUp(self):
        self.before = self.state()
        self.addCleanup(self.end_plug_in)

    def end_plug_in(self):
        """So that one failure is one."""
        if self.screen.plug_in():
            self.screen.kill_plug_in()
            self.dismiss_messages()

    def dismiss_messages(self):
        time.sleep(1)
        for window in self.screen.windows("GIMP Message"):
            self.screen.key(window, "Escape")

    def state(self):
        dirty = self.screen.ask("(car (gimp-image-is-dirty dip-image))")
        layers = self.screen.ask("(vector-length (dip-layers dip-image))")
        return dirty, layers, self.screen.title(self.screen.main)

    def pixels(self, name):
        self.screen.ask('(dip-export dip-image (vector-ref (dip-layers dip-image) (- (vector-length (dip-layers dip-image)) 1)) "%s")'
                        % self.file(name))
        return pictures.read_png(self.file(name))

    def run_windows(self):
        return [window for window in self.screen.windows("DIP Denoise") if self.screen.place(window)[2] >= NARROWEST_RUN_WINDOW]

    def start(self):
        """Opens the dialog, accepts it, and returns the run window."""
        self.screen.key(self.screen.main, desktop.SHORTCUT)
        dialog = self.screen.window("DIP Denoise")
        self.assertFalse(self.run_windows(), "the first window is the dialog")
        self.screen.key(dialog, "Return")
        return self.screen.wait("the run window", self.run_windows)[0]

    def preview(self, window, name):
        return self.screen.shot(window, name).crop(*PREVIEW)

    def wait_until_over(self, window):
        """The picture and the clock stand still."""
        last = [None]

        def stands_still():
            shot = self.screen.shot(window, "waiting").samples
            is_same, last[0] = shot == last[0], shot
            time.sleep(1.2)
            return is_same
        self.screen.wait("the fit to end", stands_still)

    def assert_as_before(self):
        self.screen.wait("the plug-in to end", lambda: self.screen.plug_in() is None)
        self.screen.wait("the image to be as before", lambda: self.state() == self.before, 10)

    def keep_undo_and_repeat(self):
        window = self.start()
        time.sleep(1.5)
        self.screen.key(window, "alt+k")
        self.screen.wait("the layer", lambda: self.state()[:2] == ("1", "2"))
        self.screen.key(self.screen.main, "ctrl+z")
        self.assert_as_before()
        self.screen.key(self.screen.main, "ctrl+f")
        self.screen.wait("the plug-in", self.screen.plug_in)

    def test_picture_improves_and_strength_acts_at_once(self):
        window = self.start()
        seen = []
        for moment in range(MOMENTS):
            time.sleep(1)
            seen.append(self.preview(window, "moment%d" % moment).samples)
        self.assertEqual(len(set(map(tuple, seen))), MOMENTS, "three different previews")
        self.wait_until_over(window)
        whole = self.preview(window, "whole")
        self.screen.key(window, "alt+b")
        time.sleep(0.7)
        split = self.preview(window, "split")
        changed = [a != b for a, b in zip(whole.crop(*LEFT).samples, split.crop(*LEFT).samples)]
        self.assertGreater(sum(changed), len(changed) / 2, "the left shows the given picture")
        pairs = list(zip(whole.crop(*RIGHT).samples, split.crop(*RIGHT).samples))
        # Enlarging may take a neighbour's pixel where the clipping differs.
        self.assertLess(sum(a != b for a, b in pairs), len(pairs) / 10, "the right shows the restored one")
        self.screen.key(window, "alt+b", "alt+1")
        time.sleep(0.7)
        pixel_by_pixel = self.preview(window, "hundred")
        self.assertTrue(pixel_by_pixel.samples != whole.samples)
        self.screen.key(window, "alt+t", *["Left"] * 30)
        time.sleep(0.7)
        self.assertTrue(self.preview(window, "weaker").samples != pixel_by_pixel.samples, "it acts at once")
        self.screen.key(window, "Escape")
        self.assert_as_before()

    def test_gimp_answers_while_it_runs(self):
        window = self.start()
        x, y, _, _ = self.screen.place(self.screen.main)
        under_menu = (x, y + 40, 180, 200)
        closed = self.screen.shot("root", "closed").crop(*under_menu)
        self.screen.key(self.screen.main, "alt+f")
        time.sleep(1)
        is_open = self.screen.shot("root", "menu").crop(*under_menu).samples != closed.samples
        self.assertTrue(is_open, "the File menu is open")
        self.screen.xdotool("key", "Escape")
        self.assertEqual(self.screen.ask("(+ 1 1)"), "2")
        self.assertIsNotNone(self.screen.plug_in(), "the fit goes on")
        self.screen.key(window, "Escape")
        self.assert_as_before()

    def test_cancel_leaves_no_trace(self):
        window = self.start()
        time.sleep(1)
        self.screen.key(window, "alt+c")
        self.assert_as_before()

    def test_closing_the_window_leaves_no_trace(self):
        window = self.start()
        time.sleep(1)
        self.screen.key(window, "alt+F4")
        self.assert_as_before()

    def test_cancelling_the_dialog_leaves_no_trace(self):
        self.screen.key(self.screen.main, desktop.SHORTCUT)
        dialog = self.screen.window("DIP Denoise")
        time.sleep(1.5)  # while it times the first iterations
        self.screen.key(dialog, "Escape")
        self.assert_as_before()

    def test_killed_plug_in_leaves_no_trace(self):
        self.start()
        time.sleep(1)
        self.screen.kill_plug_in()
        self.dismiss_messages()
        self.assert_as_before()

    def test_stop_and_keep_is_one_undo_step_and_repeats_without_dialog(self):
        given = self.pixels("given.png").samples
        self.keep_undo_and_repeat()
        self.assertEqual(self.screen.windows("DIP Denoise"), [])
        self.screen.wait("the repeated layer", lambda: self.state()[:2] == ("1", "2"))
        self.screen.key(self.screen.main, "ctrl+z")
        self.assert_as_before()
        self.assertTrue(self.pixels("undone.png").samples == given)

    def test_cancel_in_the_status_bar_leaves_no_trace(self):
        self.keep_undo_and_repeat()
        time.sleep(1)
        self.screen.cancel_in_status_bar()
        self.assert_as_before()

    def test_undo_of_replaced_pixels_is_bit_for_bit(self):
        given = self.pixels("given2.png").samples
        call = self.host.call("denoise", image="dip-image", layer="(dip-layer dip-image)", output="replace", iterations=3)
        self.screen.ask("(begin (gimp-image-select-rectangle dip-image CHANNEL-OP-REPLACE 10 10 60 50)"
                        "(gimp-selection-feather dip-image 9) 1)")
        self.screen.ask("(begin %s (gimp-displays-flush) 1)" % call)
        self.assertTrue(self.pixels("replaced.png").samples != given)
        self.screen.key(self.screen.main, "ctrl+z")
        self.screen.wait("the undo", lambda: self.pixels("undone2.png").samples == given, 10)
        self.screen.key(self.screen.main, "ctrl+z", "ctrl+z")
        self.assert_as_before()


class KilledGimp(Windows):
    """Its last moments; only this one test of it runs."""

    def test_killed_gimp_leaves_no_process(self):
        self.start()
        time.sleep(1)
        os.kill(self.screen.gimp.pid, signal.SIGKILL)
        self.screen.wait("the plug-in to end", lambda: self.screen.plug_in() is None, 15)


for name in [name for name in dir(Windows) if name.startswith("test_")]:
    setattr(KilledGimp, name, None)
