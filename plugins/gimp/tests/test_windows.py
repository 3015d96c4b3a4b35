"""The dialog and the run window, in a GIMP with a screen: what one sees while a fit runs, and that whatever ends it
leaves the image as it was."""

import time

import desktop
from windowed import Windowed

PREVIEW = (20, 60, 500, 300)  # of the run window, inside the picture
LEFT, RIGHT = (110, 0, 150, 200), (330, 0, 150, 200)  # of the preview, beside the line between
MOMENTS = 3


class Windows(Windowed):
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
        given = self.pixels("given.png")
        window = self.start()
        time.sleep(4)  # at first the given picture is better than the network's, and is kept
        self.screen.key(window, "alt+k")
        self.screen.wait("the layer", lambda: self.state()[:2] == ("1", "2"))
        kept = self.pixels("kept.png", above=1)
        self.assertFalse(kept == given, "the layer is not what was given")
        self.assertTrue(self.pixels("below.png") == given, "the given layer is below")
        self.screen.key(self.screen.main, "ctrl+z")
        self.assert_as_before()
        self.assertTrue(self.pixels("undone.png") == given)
        self.screen.key(self.screen.main, "ctrl+y")
        self.screen.wait("the layer again", lambda: self.state()[:2] == ("1", "2"))
        self.assertTrue(self.pixels("redone.png", above=1) == kept)
        self.screen.key(self.screen.main, "ctrl+z")
        self.assert_as_before()
        self.screen.key(self.screen.main, "ctrl+f")
        self.screen.wait("the plug-in", self.screen.plug_in)
        self.assertEqual(self.screen.windows("DIP Denoise"), [])
        self.screen.wait("the repeated layer", lambda: self.state()[:2] == ("1", "2"))
        self.screen.key(self.screen.main, "ctrl+z")
        self.assert_as_before()
        self.assertTrue(self.pixels("undone.png") == given)

    def test_a_layer_cut_meanwhile_is_left_as_it_is(self):
        window = self.start()
        time.sleep(1)
        self.screen.ask("(begin (gimp-layer-resize (dip-layer dip-image) 60 50 0 0) (gimp-displays-flush) 1)")
        cut = self.pixels("cut.png")
        self.screen.key(window, "alt+k")
        self.screen.wait("the refusal", lambda: self.screen.windows("GIMP Message"))
        self.dismiss_messages()
        self.assertTrue(self.pixels("left.png") == cut)
        self.assertEqual(self.state()[1], "1", "no layer was added")
        self.screen.key(self.screen.main, "ctrl+z")
        self.assert_as_before()

    def test_cancel_in_the_status_bar_leaves_no_trace(self):
        self.screen.key(self.start(), "alt+k")
        self.screen.wait("the layer", lambda: self.state()[:2] == ("1", "2"))
        self.screen.key(self.screen.main, "ctrl+z")
        self.assert_as_before()
        self.screen.key(self.screen.main, "ctrl+f")
        self.screen.wait("the plug-in", self.screen.plug_in)
        time.sleep(1)
        self.screen.cancel_in_status_bar()
        self.assert_as_before()

    def test_undo_of_replaced_pixels_is_bit_for_bit(self):
        given = self.pixels("given2.png")
        call = self.host.call("denoise", image="dip-image", layer="(dip-layer dip-image)", output="replace", iterations=30)
        self.screen.ask("(begin (gimp-image-select-rectangle dip-image CHANNEL-OP-REPLACE 10 10 60 50)"
                        "(gimp-selection-feather dip-image 9) 1)")
        self.screen.ask("(begin %s (gimp-displays-flush) 1)" % call)
        self.assertTrue(self.pixels("replaced.png") != given)
        self.screen.key(self.screen.main, "ctrl+z")
        self.screen.wait("the undo", lambda: self.pixels("undone2.png") == given, 10)
        self.screen.key(self.screen.main, "ctrl+z", "ctrl+z")
        self.assert_as_before()
