"""What a session leaves behind: nothing on stderr that GIMP alone would not print, and after the end of GIMP by force
neither processes nor files that GIMP alone would not leave."""

import collections
import os
import pathlib
import re
import signal

from case import shared_host
from windowed import Windowed

COMPLAINT = re.compile(r"warning|critical|error|assert|fail|leak|\b(GLib|G[td]k|GEGL|Gegl)\b", re.I)
# Of GTK 2 without the engine of GIMP's theme, and the server's echo of what it is asked.
USUAL = re.compile("Unable to locate theme engine|^ScriptFu server|^Received request|^Processed")
# GTK writes it some time after GIMP has opened a picture, so whether it is there depends on when GIMP was killed.
RECENT = "recently-used.xbel"


def plain(text):
    """Without process ids, times, addresses, digests and names drawn at random."""
    return re.sub(r"0x[0-9a-f]+|[0-9a-f]{32}|-\w{6,8}$|\d+", "#", text)


def files(host):
    """The private home but for GTK's list, and what has our or GIMP's name in the places for temporary files."""
    yield from (str(path) for path in host.home.rglob("*") if not path.name.startswith(RECENT))
    for place in ("tmp", "var/tmp", "dev/shm"):
        for root in filter(None, ("/", host.tree)):
            for path in (pathlib.Path(root) / place).glob("*"):
                if re.search("dip|gimp|gegl|babl", path.name):
                    yield str(path)


def segments(creators):
    """Of System V's shared memory that these processes made, what nobody has attached."""
    rows = [row.split() for row in pathlib.Path("/proc/sysvipc/shm").read_text().splitlines()[1:]]
    return ["shared memory of %s bytes" % row[3] for row in rows if int(row[4]) in creators and row[6] == "0"]


class Leftovers(Windowed):
    """Each test has a GIMP of its own, and compares with one in which the plug-in is not called."""

    @classmethod
    def setUpClass(cls):
        pass

    @classmethod
    def tearDownClass(cls):
        pass

    def setUp(self):
        self.start_gimp()

    def start_gimp(self):
        """A further one."""
        host = shared_host()
        self.there = set(files(host))
        super().setUpClass()
        self.addCleanup(self.screen.close)
        self.before = self.state()

    def complaints(self):
        """Of all programs of a session that has been ended, each once."""
        self.screen.close()
        lines = (self.folder / "gimp.log").read_text(errors="replace").splitlines()
        return {plain(line) for line in lines if COMPLAINT.search(line) and not USUAL.search(line)}

    def test_window_session_complains_of_nothing_more_than_gimp_alone(self):
        self.screen.key(self.screen.main, "ctrl+shift+n")  # a dialog of GIMP's own
        self.screen.key(self.screen.window("New Layer"), "Return")
        self.screen.wait("the layer", lambda: self.state()[1] == "2")
        self.screen.key(self.screen.main, "ctrl+z")
        self.assert_as_before()
        alone = self.complaints()
        self.start_gimp()
        window = self.start()
        self.screen.key(window, "alt+b", "alt+1", "alt+f", "alt+t", "Left", "alt+k")
        self.screen.wait("the layer", lambda: self.state()[1] == "2")
        self.screen.key(self.screen.main, "ctrl+z")
        self.assert_as_before()
        self.screen.key(self.start(), "Escape")
        self.assert_as_before()
        self.screen.key(self.open_dialog(), "Escape")
        self.assert_as_before()
        self.assertEqual(self.complaints() - alone, set())

    def test_killed_gimp_leaves_no_more_than_gimp_alone(self):
        alone = self.left_by_kill()
        self.start_gimp()
        self.start()
        more = self.left_by_kill() - alone
        self.assertEqual(sorted(more.elements()), [])

    def left_by_kill(self):
        """Files that were not there before, and shared memory, after the plug-in has ended."""
        processes = [self.screen.gimp.pid, *self.screen.children()]
        os.kill(self.screen.gimp.pid, signal.SIGKILL)
        self.screen.gimp.wait()
        self.screen.wait("the plug-in to end", lambda: self.screen.plug_in() is None)
        new = [plain(path) for path in files(self.host) if path not in self.there]
        return collections.Counter(new + segments(processes))
