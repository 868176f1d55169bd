"""Installs the outside programs, pinned, into the user's cache folder.

Each part lives in a folder named after the hash of its pins, so a new pin never mixes with an old installation, and a
fresh clone finds what an earlier one fetched. A marker written last tells a complete installation from a broken one.
"""

import fcntl
import functools
import hashlib
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent.parent
PINS = HERE / "pins"
EXTENSION = HERE.parents[1] / "editors/vscode"
MARKER = ".complete"

# Of Flink's distribution, what SQL over files takes; the rest (Python, the SQL client, metrics) stays behind.
FLINK_JARS = (
    "flink-cep", "flink-connector-files", "flink-csv", "flink-dist", "flink-json", "flink-table-api-java-uber",
    "flink-table-planner-loader", "flink-table-runtime", "log4j-api", "log4j-core", "log4j-slf4j-impl",
)


class Unavailable(Exception):
    """A part cannot be installed here; the text says why."""


def cache_root():
    """Where installations live: $DPL_ORACLES, or the user's cache folder."""
    chosen = os.environ.get("DPL_ORACLES")
    if chosen:
        return Path(chosen).resolve()
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "dpl-oracles"


def provision(part):
    """Installs `part` (a key of PARTS) unless it is there; returns its folder."""
    pins, tools, install = PARTS[part]
    for tool in tools:
        if shutil.which(tool) is None:
            raise Unavailable(f"`{tool}` is not on the PATH")
    folder = cache_root() / f"{part}-{fingerprint(part, pins)}"
    if (folder / MARKER).exists():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with open(folder.parent / f"{folder.name}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (folder / MARKER).exists():
            shutil.rmtree(folder, ignore_errors=True)
            folder.mkdir()
            install(folder)
            (folder / MARKER).touch()
    return folder


def fingerprint(part, pins):
    """Names an installation after the contents of its pins and, for Python, the interpreter below it."""
    digest = hashlib.sha256()
    for pin in pins:
        digest.update(pin.read_bytes())
    if part in ("python", "lsp", "metrics", "parquet", "packaging", "book", "lineage", "live"):
        digest.update(f"{sys.version_info.major}.{sys.version_info.minor} {sys.base_prefix}".encode())
    return digest.hexdigest()[:16]


def install_python(folder, pins="requirements.txt"):
    run(folder, "venv", [getattr(sys, "_base_executable", sys.executable), "-m", "venv", folder / "venv"])
    pip = [folder / "venv/bin/python", "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run(folder, "pip", [*pip, "--requirement", PINS / pins])


def install_lsp(folder):
    install_python(folder, "lsp.txt")


def install_metrics(folder):
    install_python(folder, "metrics.txt")


def install_parquet(folder):
    install_python(folder, "parquet.txt")


def install_live(folder):
    install_python(folder, "live.txt")


def install_book(folder):
    install_python(folder, "book.txt")


def install_lineage(folder):
    install_python(folder, "lineage.txt")


def install_node(folder, pins=PINS):
    for name in ("package.json", "package-lock.json"):
        shutil.copy(pins / name, folder / name)
    run(folder, "npm", ["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], cwd=folder)


def install_textmate(folder):
    install_node(folder, PINS / "textmate")


def install_vscode(folder):
    install_node(folder, PINS / "vscode")


def install_browser(folder):
    """What drives Chromium; the browser itself is the system's."""
    install_node(folder, PINS / "browser")


def install_extension(folder):
    install_node(folder, EXTENSION)


def install_packaging(folder):
    install_python(folder, "packaging.txt")


def install_treesitter(folder):
    """From its source: the npm package fetches a program from elsewhere. Without optimization, which takes half the time."""
    pinned = (PINS / "treesitter.txt").read_text().split()
    run(folder, "cargo", ["cargo", "install", "--quiet", "--locked", "--debug", "--no-default-features", "--root", folder, *pinned])


def install_flink(folder, pins="flink.txt"):
    """Takes the jars out of PyPI's package of them. Of 1.20 there is a source package alone, which pip asks for its name."""
    with tempfile.TemporaryDirectory(dir=folder) as download:
        pip = [python(), "-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-cache-dir"]
        run(folder, "download", [*pip, "--no-deps", "--dest", download, "--requirement", PINS / pins])
        (package,) = Path(download).iterdir()
        (folder / "lib").mkdir()
        for name, jar in jars_of(package):
            if name.startswith(FLINK_JARS):
                with jar, open(folder / "lib" / name, "wb") as target:
                    shutil.copyfileobj(jar, target)


def jars_of(package):
    """The files of the distribution's lib folder, by their names, from a wheel or a source package."""
    if package.suffix == ".whl":
        with zipfile.ZipFile(package) as archive:
            for member in archive.namelist():
                if member.startswith("pyflink/lib/"):
                    yield Path(member).name, archive.open(member)
        return
    with tarfile.open(package) as archive:
        for member in archive:
            if Path(member.name).parts[1:3] == ("deps", "lib") and member.isfile():
                yield Path(member.name).name, archive.extractfile(member)


def install_runner(folder, flink="flink"):
    jars = provision(flink) / "lib"
    run(folder, "javac", ["javac", "-nowarn", "-cp", f"{jars}/*", "-d", folder, HERE / "flink/FlinkRunner.java"])


def python():
    """The interpreter that has the Python checkers."""
    return provision("python") / "venv/bin/python"


def enter_python():
    """Starts the running script over in that interpreter, unless it runs there already."""
    try:
        wanted = python()
    except Unavailable as why:
        print(f"{sys.argv[0]}: {why}", file=sys.stderr)
        sys.exit(2)
    if Path(sys.prefix) != wanted.parent.parent:
        os.execv(wanted, [str(wanted), *sys.argv])


def run(folder, step, command, cwd=None):
    """Runs one step of an installation, its output kept in a log beside the installation."""
    log = folder.parent / f"{folder.name}.{step}.log"
    with open(log, "w") as output:
        done = subprocess.run([str(word) for word in command], cwd=cwd, stdin=subprocess.DEVNULL,
                              stdout=output, stderr=subprocess.STDOUT)
    if done.returncode != 0:
        last = log.read_text(errors="replace").strip().splitlines()[-1:]
        raise Unavailable(f"{step} exited with {done.returncode}, see {log}: {' '.join(last)}")


PARTS = {
    "python": ([PINS / "requirements.txt"], [], install_python),
    "lsp": ([PINS / "lsp.txt"], [], install_lsp),
    "metrics": ([PINS / "metrics.txt"], [], install_metrics),
    "parquet": ([PINS / "parquet.txt"], [], install_parquet),
    "live": ([PINS / "live.txt"], [], install_live),
    "book": ([PINS / "book.txt"], [], install_book),
    "lineage": ([PINS / "lineage.txt"], [], install_lineage),
    "node": ([PINS / "package-lock.json"], ["node", "npm"], install_node),
    "textmate": ([PINS / "textmate/package-lock.json"], ["node", "npm"], install_textmate),
    "vscode": ([PINS / "vscode/package-lock.json"], ["node", "npm"], install_vscode),
    "browser": ([PINS / "browser/package-lock.json"], ["node", "npm"], install_browser),
    "extension": ([EXTENSION / "package-lock.json"], ["node", "npm"], install_extension),
    "packaging": ([PINS / "packaging.txt"], [], install_packaging),
    "treesitter": ([PINS / "treesitter.txt"], ["cargo", "cc"], install_treesitter),
    "flink": ([PINS / "flink.txt"], [], install_flink),
    "runner": ([PINS / "flink.txt", HERE / "flink/FlinkRunner.java"], ["java", "javac"], install_runner),
}

# The further versions that SQL is generated for.
for version in ("1.20", "2.2"):
    pins = f"flink-{version}.txt"
    PARTS[f"flink-{version}"] = ([PINS / pins], [], functools.partial(install_flink, pins=pins))
    PARTS[f"runner-{version}"] = ([PINS / pins, HERE / "flink/FlinkRunner.java"], ["java", "javac"],
                                  functools.partial(install_runner, flink=f"flink-{version}"))
