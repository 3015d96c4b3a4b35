"""Builds the wheel: the module, and beside it the shared library and the command that `cargo build --release` makes.

setuptools-rust, since it takes both from one build. Its own extension modules, and those of maturin, are compiled apart
from the command, and named and tagged for one version of Python, which a library that is no extension does not depend on.
"""

import re
import shutil
from pathlib import Path

from setuptools import setup
from setuptools_rust import RustBin, build_rust

try:
    from setuptools.command.bdist_wheel import bdist_wheel
except ImportError:  # setuptools before 70.1
    from wheel.bdist_wheel import bdist_wheel

HERE = Path(__file__).resolve().parent
MANIFEST = HERE.parents[1] / "Cargo.toml"
# Cargo's name, and the one that dipkit/library.py looks for.
LIBRARIES = {"libdipkit.so": "libdipkit.so.0", "libdipkit.dylib": "libdipkit.dylib", "dipkit.dll": "dipkit.dll"}


class BuildLibrary(build_rust):
    """Takes the library from beside the command."""

    def install_extension(self, extension, built, *more):  # of newer releases
        super().install_extension(extension, built, *more)
        target = HERE / "dipkit" if self.inplace else Path(self.get_finalized_command("build_py").build_lib) / "dipkit"
        folder = Path(built[0].path).parent
        name = next((name for name in LIBRARIES if (folder / name).exists()), None)
        if name is None:
            raise FileNotFoundError(f"{folder} has the command but none of {', '.join(LIBRARIES)}")
        shutil.copy2(folder / name, target / LIBRARIES[name])


class AnyPython(bdist_wheel):
    """One wheel for every Python of a kind of machine."""

    def finalize_options(self):
        super().finalize_options()
        self.root_is_pure = False

    def get_tag(self):
        return "py3", "none", super().get_tag()[2]


def version():
    if not MANIFEST.exists():
        raise FileNotFoundError(f"{MANIFEST} is missing: build from a copy of the whole repository")
    return re.search(r'^version = "(.*)"', MANIFEST.read_text(), re.M).group(1)


setup(
    version=version(),
    rust_extensions=[RustBin("dipkit", str(MANIFEST), args=["--locked"], debug=False)],
    cmdclass={"build_rust": BuildLibrary, "bdist_wheel": AnyPython},
    # Beside what cargo builds, so that a build leaves nothing here but what setuptools insists on.
    options={"build": {"build_base": "../../target/python"}},
)
