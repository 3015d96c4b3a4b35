"""A suite with one GIMP on a screen: what its tests share."""

import pathlib
import shutil
import time

import desktop
import pictures
from case import Case

GRAINY = pathlib.Path(__file__).resolve().parents[3] / "tests/data/readme/astronaut_noisy.png"
NARROWEST_RUN_WINDOW = 600    # the dialog is narrower


class Windowed(Case):
    ENVIRONMENT = {}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        path = shutil.copy(GRAINY, cls.file("grainy.png"))
        cls.screen = desktop.Desktop(cls.host, path, cls.folder, **cls.ENVIRONMENT)
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

    def pixels(self, name, above=0):
        """The samples of a layer, counted from the bottom."""
        layers = "(dip-layers dip-image)"
        self.screen.ask('(dip-export dip-image (vector-ref %s (- (vector-length %s) %d)) "%s")' % (
            layers, layers, 1 + above, self.file(name)))
        return pictures.read_png(self.file(name)).samples

    def run_windows(self):
        return [window for window in self.screen.windows("DIP Denoise") if self.screen.place(window)[2] >= NARROWEST_RUN_WINDOW]

    def mark(self):
        """From here on is heard."""
        self.heard_before = len(self.screen.heard())

    def heard(self):
        return self.screen.heard()[self.heard_before :]

    def hear(self, pattern):
        return self.screen.hear(pattern, self.heard_before)

    def open_dialog(self):
        self.mark()
        self.screen.key(self.screen.main, desktop.SHORTCUT)
        dialog = self.screen.window("DIP Denoise")
        self.assertFalse(self.run_windows(), "the first window is the dialog")
        return dialog

    def accept(self, dialog):
        """Returns the run window."""
        self.mark()
        self.screen.key(dialog, "alt+o")
        return self.screen.wait("the run window", self.run_windows)[0]

    def start(self):
        """The run window when there is something to see."""
        window = self.accept(self.open_dialog())
        self.hear("^Iteration [1-9]")
        return window

    def assert_as_before(self):
        self.screen.wait("the plug-in to end", lambda: self.screen.plug_in() is None)
        self.screen.wait("the image to be as before", lambda: self.state() == self.before, 10)
