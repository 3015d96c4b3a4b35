"""A GIMP with windows on a screen of its own, driven by keys; what it holds is asked over its Script-Fu server."""

import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import time

import pictures

SCREEN = "1600x1000x24"
PATIENCE = 60
LONGEST = 600  # as long as the plug-in computes: other programs may leave it little of the machine
SHORTCUT = "ctrl+alt+d"


class Desktop:
    def __init__(self, host, picture, folder, **environment):
        self.host, self.folder = host, pathlib.Path(folder)
        self.book = self.folder / "heard.txt"
        self.log = open(self.folder / "gimp.log", "w+")
        reading, writing = os.pipe()
        self.screen = subprocess.Popen(["Xvfb", "-displayfd", str(writing), "-screen", "0", SCREEN], pass_fds=[writing],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(writing)
        with open(reading) as answer:
            self.display = ":" + answer.readline().strip()
        self.manager = self.start_manager()
        self.port = free_port()
        self.configure()
        server = '(plug-in-script-fu-server 1 "127.0.0.1" %d "")' % self.port
        words = ["gimp" if host.is_3 else "gimp-2.10", "-s", "--stack-trace-mode", "never"]
        if host.is_3:
            words.append("--batch-interpreter=plug-in-script-fu-eval")
        heard = ["env", "LD_PRELOAD=" + host.built("heard"), "DIPKIT_HEARD=%s" % self.book]
        self.gimp = subprocess.Popen(host.command(*heard, *words, "-b", server, str(picture)),
                                     env=host.environment(DISPLAY=self.display, **environment), stdout=self.log, stderr=self.log)
        self.main = self.window("GNU Image|GIMP")
        self.main = self.window(pathlib.Path(picture).stem)
        self.wait("the server", lambda: self.ask("1") == "1")

    def start_manager(self):
        """Again while it ends at once, as it does before the screen is quite there."""
        for _ in range(5):
            manager = subprocess.Popen(["openbox"], env=self.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(1)
            if manager.poll() is None:
                break
        return manager

    def environment(self):
        return {**os.environ, "DISPLAY": self.display}

    def configure(self):
        """A shortcut for the entry, no welcome, and no last values of an earlier session."""
        folder = self.host.folder().parents[1]
        shutil.rmtree(folder / "plug-in-settings", ignore_errors=True)
        entry = "plug-in-dipkit-denoise"
        if self.host.is_3:
            (folder / "shortcutsrc").write_text('(action "%s" "<Primary><Alt>d")\n(file-version 1)\n' % entry)
            version = subprocess.run(self.host.command("gimp-console", "--version"), env=self.host.environment(),
                                     stdout=subprocess.PIPE, text=True).stdout.split()[-1]
            (folder / "gimprc").write_text('(check-updates no)\n(config-version "%s")\n' % version)
        else:
            (folder / "menurc").write_text('(gtk_accel_path "<Actions>/plug-in/%s" "<Primary><Alt>d")\n' % entry)
            (folder / "gimprc").write_text("(check-updates no)\n")

    def close(self):
        left = self.children()
        if self.plug_in():
            self.kill_plug_in()
        self.ask("(gimp-quit 1)")
        try:
            self.gimp.wait(10)
        except subprocess.TimeoutExpired:
            pass
        for process in (self.gimp, self.manager, self.screen):
            if process.poll() is None:
                process.kill()
            process.wait()
        for child in left:  # GIMP 2.10's own plug-ins outlive it when it is killed
            if (pathlib.Path("/proc") / str(child)).exists():
                os.kill(child, signal.SIGKILL)
        self.log.close()

    def children(self):
        """GIMP's plug-ins."""
        try:
            return [int(child) for child in pathlib.Path("/proc/%d/task/%d/children" % (self.gimp.pid, self.gimp.pid)).read_text().split()]
        except OSError:
            return []

    def spent(self):
        """Processor time of the running plug-in, in ticks."""
        plug_in = self.plug_in()
        if plug_in is None:
            return 0
        try:
            fields = pathlib.Path("/proc/%d/stat" % plug_in).read_text().rpartition(")")[2].split()
        except OSError:
            return 0
        return int(fields[11]) + int(fields[12])

    def wait(self, what, is_so, patience=PATIENCE):
        """Has patience from the moment on at which the plug-in computes no more."""
        start = idle_since = time.monotonic()
        spent = self.spent()
        while time.monotonic() - idle_since < patience and time.monotonic() - start < LONGEST:
            found = is_so()
            if found:
                return found
            time.sleep(0.2)
            before, spent = spent, self.spent()
            if spent != before:
                idle_since = time.monotonic()
        raise AssertionError("waited in vain for %s; the screen is %s" % (what, self.whole_screen()))

    def whole_screen(self):
        path = self.folder / "failure.png"
        subprocess.run(["import", "-window", "root", path], env=self.environment())
        return path

    def xdotool(self, *words):
        done = subprocess.run(["xdotool", *map(str, words)], env=self.environment(), stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)
        return done.stdout.split("\n")[:-1]

    def windows(self, name):
        return self.xdotool("search", "--onlyvisible", "--name", name)

    def window(self, name):
        return self.wait("a window " + name, lambda: self.windows(name))[-1]

    def title(self, window):
        return "".join(self.xdotool("getwindowname", window))

    def key(self, window, *keys):
        self.xdotool("windowactivate", "--sync", window)
        for key in keys:
            self.xdotool("key", "--clearmodifiers", key)

    def shot(self, window, name):
        path = self.folder / (name + ".png")
        subprocess.run(["import", "-window", window, "-depth", "8", "png24:%s" % path], env=self.environment(), check=True)
        return pictures.read_png(path)

    def ask(self, scheme):
        """The value of an expression in the running GIMP; None while it does not answer."""
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
                body = scheme.encode()
                connection.sendall(b"G" + struct.pack(">H", len(body)) + body)
                head = receive(connection, 4)
                return receive(connection, struct.unpack(">H", head[2:])[0]).decode()
        except OSError:
            return None

    def heard(self):
        """What the plug-in's labels and progress bars were told, line by line."""
        return self.book.read_text().splitlines() if self.book.exists() else []

    def hear(self, pattern, since=0):
        """Waits for such a line after so many others; gives its match."""
        found = lambda: next(filter(None, (re.search(pattern, line) for line in self.heard()[since:])), None)
        return self.wait("the words " + pattern, found)

    def plug_in(self):
        """The process of the running plug-in; None if there is none."""
        wanted = str(self.host.folder() / "dipkit").encode()
        for process in pathlib.Path("/proc").iterdir():
            try:
                if process.name.isdigit() and (process / "cmdline").read_bytes().split(b"\0")[0] == wanted:
                    if (process / "stat").read_text().rsplit(")", 1)[1].split()[0] != "Z":
                        return int(process.name)
            except OSError:
                continue
        return None

    def click(self, window, x, y):
        self.xdotool("mousemove", "--window", window, x, y, "click", 1)

    def place(self, window):
        """x, y, width and height on the screen; zeros for a window that has just gone."""
        lines = self.xdotool("getwindowgeometry", "--shell", window)
        numbers = dict(line.split("=") for line in lines if "=" in line)
        return [int(numbers.get(name, 0)) for name in ("X", "Y", "WIDTH", "HEIGHT")]

    def cancel_in_status_bar(self):
        """The button moves with the words beside it: clicks along the bar under the canvas, from its right end."""
        _, _, width, height = self.place(self.main)
        right = int(width * (0.67 if self.host.is_3 else 0.79))
        for step in range(right, right - width // 4, -12):
            self.click(self.main, step, height - 17)
            time.sleep(0.15)
            if self.plug_in() is None:
                return

    def kill_plug_in(self):
        os.kill(self.plug_in(), signal.SIGKILL)


def receive(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise OSError("the server closed the connection")
        data += more
    return data


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
