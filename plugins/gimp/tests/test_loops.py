"""The loops of the README, as they are printed there."""

import pathlib
import re

import pictures
from case import Case

README = pathlib.Path(__file__).resolve().parents[1] / "README.md"


class Loops(Case):
    @classmethod
    def plan(cls):
        for folder in ("photos", "restored"):
            cls.file(folder).mkdir()
        for seed in (1, 2):
            cls.png("photos/picture%d.png" % seed, pictures.noisy(22, 17, seed=seed))

    def printed(self, language, number=0):
        """A block of the README, with folders of the test and few iterations."""
        blocks = re.findall(r"```%s\n(.*?)```" % language, README.read_text(), re.S)
        text = blocks[number].replace("/home/me", str(self.folder))
        text, changes = re.subn(r'iterations(" ?, |" | )0|(image layer )0 ', lambda found: found.group(0).replace("0", "6"), text)
        self.assertEqual(changes, 1, "the place of the iterations")
        path = self.file("loop%d.%s" % (number, language))
        path.write_text(text)
        return path

    def check(self, log):
        for seed in (1, 2):
            name = "picture%d.png" % seed
            self.assertTrue(self.file("restored/" + name).exists(), log)
            self.assert_same(self.result("restored/" + name), self.restored("denoise", self.file("photos/" + name)))
            self.file("restored/" + name).unlink()

    def test_python_loop_of_gimp_3(self):
        if self.host.is_3:
            path = self.printed("python")
            self.check(self.host.batch("exec(open('%s').read())" % path, interpreter="python"))

    def test_script_fu_loop(self):
        path = self.printed("scheme", 0 if self.host.is_3 else 1)
        self.check(self.host.batch('(load "%s")' % path))
