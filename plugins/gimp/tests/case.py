"""What all suites share: one GIMP, one folder, the command line as the judge."""

import os
import pathlib
import subprocess
import tempfile
import unittest

import host as hosts
import pictures

LIBRARY_DIR = pathlib.Path(os.environ["LIBRARY_DIR"]).resolve()
QUICK = {"iterations": 6}


class Case(unittest.TestCase):
    """A suite in one GIMP process: `plan` writes scripts, the tests judge the files."""

    maxDiff = 2000

    @classmethod
    def setUpClass(cls):
        cls.host = shared_host()
        cls.folder = pathlib.Path(tempfile.mkdtemp(dir=cls.host.work))
        cls.bodies = []
        cls.plan()
        cls.log = cls.host.scheme(*cls.bodies) if cls.bodies else ""

    @classmethod
    def plan(cls):
        pass

    @classmethod
    def script(cls, picture, body):
        """A body with `image` and `layer` of the picture."""
        cls.bodies.append('(let* ((image (dip-load "%s")) (layer (dip-layer image))) %s)' % (picture, body))

    @classmethod
    def file(cls, name):
        return cls.folder / name

    @classmethod
    def png(cls, name, picture, **surroundings):
        return pictures.write_png(cls.file(name), picture, **surroundings)

    def result(self, name):
        path = self.file(name)
        self.assertTrue(path.exists(), "%s was not written:\n%s" % (name, self.log))
        return pictures.read_png(path)

    def restored_file(self, task, path, extension="png", **options):
        """The command line's picture at the same options."""
        output = self.file("cli-%s-%s.%s" % (task, path.stem, extension))
        flags = [word for name, value in {**QUICK, "threads": 1, "device": "cpu", **options}.items()
                 for word in ("--" + name.replace("_", "-"), str(value))]
        subprocess.run([LIBRARY_DIR / "dipkit", task, path, "-o", output, "--quiet", *flags], check=True)
        return output

    def restored(self, task, path, extension="png", **options):
        output = self.restored_file(task, path, extension, **options)
        return pictures.read_png(output) if extension == "png" else pictures.read_float_tiff(output)

    def assert_same(self, one, other, tolerance=0):
        self.assertLessEqual(pictures.largest_difference(one, other), tolerance)

    def assert_quiet(self, log=None):
        self.assertEqual(hosts.complaints(self.log if log is None else log), [])

    def facts(self, name):
        return self.file(name).read_text().split("\n")[:-1]


def shared_host():
    if not hasattr(shared_host, "host"):
        host = hosts.Host(os.environ["GIMP"], os.environ["WORK"], LIBRARY_DIR)
        host.make("all", "install-user")
        shared_host.host = host
    return shared_host.host
