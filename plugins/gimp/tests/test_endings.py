"""Fits that do not end well: what there is of a picture is kept, and said to be; without any the image is as before."""

import pictures
from case import Case

HOPELESS = {"iterations": 3, "options": "learning_rate=100 matrix_learning_rate=100"}


class Endings(Case):
    @classmethod
    def plan(cls):
        cls.path = cls.png("picture.png", pictures.noisy(40, 32))
        cls.diverge = cls.png("diverge", pictures.noisy(1, 1))  # that there is a file is enough

    def run_one(self, name, iterations, options="", **environment):
        body = '(let* ((image (dip-load "%s")) (layer (dip-layer image))) %s (dip-export image (dip-layer image) "%s"))' % (
            self.path, self.host.call("denoise", output="replace", iterations=iterations, options=options), self.file(name))
        return self.host.scheme(body, **environment)

    def test_diverged_fit_gives_its_best_picture_and_says_so(self):
        log = self.run_one("diverged.png", 600, DIPKIT_LIBRARY=self.host.built("watched"), DIPKIT_DIVERGE=str(self.diverge))
        self.assertIn("The fit diverged at iteration 20 of 600", log)
        self.assertIn("The result is the best picture before that", log)
        self.assert_same(self.result("diverged.png"), self.restored("denoise", self.path, iterations=20))

    def test_fit_that_diverges_at_once_is_refused(self):
        log = self.run_one("hopeless.png", **HOPELESS)
        self.assertIn("The fit diverged at iteration 3 of 3: choose another seed", log)
        self.assertIn("The image was not changed", log)
        self.assertFalse(self.file("hopeless.png").exists(), "the script ends at the error")
