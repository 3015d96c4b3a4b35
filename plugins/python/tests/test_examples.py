"""The examples of the docstrings."""

import doctest
import importlib
import pkgutil
import unittest

import dipkit


class Examples(unittest.TestCase):
    def test_examples_say_what_they_print(self):
        attempted = 0
        for module in [dipkit, *map(self.module, pkgutil.iter_modules(dipkit.__path__))]:
            result = doctest.testmod(module)
            self.assertEqual(result.failed, 0, module.__name__)
            attempted += result.attempted
        self.assertGreater(attempted, 10)

    def module(self, info):
        return importlib.import_module(f"dipkit.{info.name}")
