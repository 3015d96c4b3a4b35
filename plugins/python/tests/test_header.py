"""The declarations of the module against dipkit.h."""

import ctypes
import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

import dipkit
from dipkit import library, structs

HEADER = re.sub("//.*", "", Path(os.environ["HEADER"]).read_text())
TYPES = {
    "uint32_t": ctypes.c_uint32,
    "uint64_t": ctypes.c_uint64,
    "ptrdiff_t": ctypes.c_ssize_t,
    "double": ctypes.c_double,
}


def constants(prefix):
    """Words of the header's constants with this prefix, by their numbers."""
    found = re.findall(rf"#define {prefix}_(\w+) (\d+)", HEADER)
    return tuple(word.lower() for word, number in sorted(found, key=lambda pair: int(pair[1])))


def fields(struct):
    body = re.search(rf"typedef struct {struct} {{(.*?)}} {struct};", HEADER, re.S).group(1)
    return re.findall(r"^  ([\w ]+?) ?(\**)(\w+);$", body, re.M)


def type_of(words, stars):
    if stars:
        return "char" if words == "const char" else "pointer"
    return TYPES.get(words, ctypes.c_uint32)  # DipTask and its like


class Header(unittest.TestCase):
    def test_words_are_those_of_the_constants(self):
        for prefix, words in (
            ("DIP_STATE", structs.STATES),
            ("DIP_OUTPUT", structs.OUTPUTS),
            ("DIP_TRANSFER", structs.TRANSFERS),
            ("DIP_DEVICE", structs.DEVICES),
            ("DIP_HOLE", structs.HOLES),
            ("DIP_NOISE", structs.NOISES),
        ):
            self.assertEqual(constants(prefix), words)
        self.assertEqual(constants("DIP_SAMPLE"), tuple(f"{dtype.kind}{8 * dtype.itemsize}" for dtype in structs.SAMPLES))
        kinds = constants("DIP_KIND")
        self.assertEqual((kinds[structs.KIND_INTEGER], kinds[structs.KIND_CHOICE]), ("integer", "choice"))
        self.assertIn(f"#define DIP_ABI_VERSION {structs.ABI_VERSION}\n", HEADER)

    def test_structs_have_the_fields_of_the_header(self):
        for struct in (structs.DipImage, structs.DipInputs, structs.DipOptionInfo, structs.DipMetrics):
            declared = fields(struct.__name__)
            self.assertEqual([name for _, _, name in declared], [field[0] for field in struct._fields_])
            for (words, stars, name), (_, kind) in zip(declared, struct._fields_):
                expected = type_of(words, stars)
                if expected == "char":
                    self.assertIs(kind, ctypes.c_char_p, name)
                elif expected == "pointer":
                    self.assertEqual(ctypes.sizeof(kind), ctypes.sizeof(ctypes.c_void_p), name)
                else:
                    self.assertIs(kind, expected, name)

    def test_functions_are_declared_with_as_many_arguments(self):
        for name, (_, arguments) in library._FUNCTIONS.items():
            declared = re.search(rf"\b{name}\((.*?)\);", HEADER, re.S).group(1)
            count = 0 if declared == "void" else declared.count(",") + 1
            self.assertEqual(count, len(arguments), name)

    def test_every_error_has_its_exception(self):
        names = re.findall(r"#define DIP_ERROR_(\w+) (\d+)", HEADER)
        expected = {int(number): "".join(word.capitalize() for word in name.split("_")) for name, number in names}
        self.assertEqual({number: kind.__name__ for number, kind in dipkit.errors.BY_STATUS.items()}, expected)

    def test_a_library_that_does_not_load_is_told(self):
        environment = {**os.environ, "DIPKIT_LIBRARY": "/nowhere/libdipkit.so"}
        done = subprocess.run([sys.executable, "-c", "import dipkit"], env=environment, stderr=subprocess.PIPE, text=True)
        self.assertEqual(done.returncode, 1)
        self.assertRegex(done.stderr, "ImportError: /nowhere/libdipkit.so does not load: .* set DIPKIT_LIBRARY")

    def test_every_option_of_the_header_is_a_keyword(self):
        names = {name for _, _, name in fields("DipOptions")} - {"struct_size", "task", "quality", "reserved"}
        self.assertEqual(set(dipkit.Options.__annotations__), names)
