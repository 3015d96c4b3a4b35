"""What a session leaves behind: nothing on stderr that GIMP alone would not print, and after the end of GIMP by force
neither processes nor files that GIMP alone would not leave."""

import collections
import os
import pathlib
import re
import shutil
import signal

import desktop
from windowed import GRAINY, Windowed


def plain(text):
    """Without process ids, times and addresses."""
    return re.sub(r"0x[0-9a-f]+|\d+", "#", text)


class Leftovers(Windowed):
    """Each test has a GIMP of its own, and compares with one in which the plug-in is not called."""

    def setUp(self):
        self.before = self.state()

    @classmethod
    def restart(cls):
        cls.screen.close()
        super().setUpClass()

    def lines(self):
        self.screen.close()
        log = (self.folder / "gimp.log").read_text(errors="replace")
        return collections.Counter(plain(line) for line in log.splitlines())

    def test_window_session_complains_of_nothing_more_than_gimp_alone(self):
        self.screen.key(self.screen.main, "ctrl+shift+n")
        alone = self.lines()
        self.restart()
        window = self.accept(self.open_dialog())
        self.screen.hear("^Iteration [1-9]")
        self.screen.key(window, "alt+b", "alt+1", "alt+f", "alt+t", "Left")
        self.screen.key(window, "alt+k")
        self.screen.wait("the layer", lambda: self.state()[1] == "2")
        self.screen.key(self.screen.main, "ctrl+z")
        self.assert_as_before()
        self.screen.key(self.start(), "Escape")
        self.assert_as_before()
        self.screen.key(self.open_dialog(), "Escape")
        self.assert_as_before()
        more = [line for line in self.lines() if line.strip() and line not in alone]
        self.assertEqual(more, [])
