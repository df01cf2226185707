"""Fetch Debian packages with apt, signatures checked, without installing them on the machine."""

import os
import platform
import shutil
import subprocess
from pathlib import Path

from console import Stop, note, output, run
from paths import CACHE, IS_ROOT, LOGS

KEYRINGS = (
    Path("/usr/share/keyrings/debian-archive-keyring.gpg"),
    Path("/usr/share/keyrings/debian-archive-keyring.pgp"),
)
APT = CACHE / "apt"


def _need_apt():
    if not shutil.which("apt-get"):
        raise Stop("This machine has no apt-get; set ODOO_PATH to an Odoo 19 of your own.")


def _find_mirror(env=None):
    release = platform.freedesktop_os_release()
    rows = output(
        ["apt-get", "indextargets", "--format", "$(RELEASE)|$(COMPONENT)|$(REPO_URI)"],
        env=env,
        doing="Asking apt for its mirror",
    ).splitlines()
    wanted = f"{release.get('VERSION_CODENAME')}|main|"
    found = [row.removeprefix(wanted) for row in rows if row.startswith(wanted)]
    return found[0] if found and release.get("ID") == "debian" else ""


def mirror():
    """Return the address of the Debian mirror that this machine uses."""
    # apt answers from its package lists, which a fresh machine does not have yet.
    address = _find_mirror() or _find_mirror(own_apt())
    if not address:
        raise Stop(
            "This machine's apt has no mirror of Debian; set ODOO_PATH to an Odoo 19 of your own."
        )
    return address


def _keyring():
    for path in KEYRINGS:
        if path.exists():
            return path
    raise Stop("Install the package debian-archive-keyring: signatures cannot be checked without.")


def _writable_by_apt(folder: Path):
    """Make a folder that apt's own download user may write when apt runs as root."""
    folder.mkdir(parents=True, exist_ok=True)
    if IS_ROOT:
        try:
            shutil.chown(folder, "_apt")
        except LookupError:
            return folder
    return folder


def own_apt(suite=None):
    """Return the environment of an apt with package lists of its own, which needs no root.

    With a suite it sees only that one, checked by Debian's keys; else the machine's own sources.
    """
    _need_apt()
    base = APT / (suite or "machine")
    for name in ("lists/partial", "archives/partial"):
        _writable_by_apt(base / name)
    lines = [
        f'Dir::State::Lists "{base}/lists";',
        f'Dir::Cache "{base}";',
        f'Dir::Cache::archives "{base}/archives";',
        'Acquire::Retries "3";',
    ]
    if suite:
        sources = base / "sources.list"
        sources.write_text(f"deb [signed-by={_keyring()}] {mirror()} {suite} main\n")
        lines += [
            'APT::Update::Error-Mode "any";',
            'Dir::State::status "/dev/null";',
            f'Dir::Etc::SourceList "{sources}";',
            'Dir::Etc::SourceParts "/dev/null";',
            'Dir::Etc::Preferences "/dev/null";',
            'Dir::Etc::PreferencesParts "/dev/null";',
        ]
    conf = base / "apt.conf"
    conf.write_text("\n".join(lines) + "\n")
    env = {"APT_CONFIG": str(conf)}
    log = LOGS / "apt-update.log"
    try:
        run(["apt-get", "update"], doing="Reading the package index", log=log, env=env)
    except Stop as error:
        if "NO_PUBKEY" in log.read_text(errors="replace"):
            raise Stop(
                f"The installed debian-archive-keyring does not know the key of Debian {suite}; "
                "upgrade that package (as root: apt-get install debian-archive-keyring) and try "
                "again, or set ODOO_PATH to an Odoo 19 of your own."
            )
        raise Stop(f"{error} Check the network and run the command again.")
    return env


def version_of(package, env):
    """Return the newest version of a package that this apt offers, or an empty string."""
    rows = output(["apt-cache", "madison", package], env=env, check=False).splitlines()
    return rows[0].split("|")[1].strip() if rows else ""


def unpack(packages, target: Path, env):
    """Download packages and unpack them into `target`, which exists only when complete."""
    downloads = _writable_by_apt(APT / f"download-{os.getpid()}")
    part = target.with_name(target.name + ".part")
    shutil.rmtree(part, ignore_errors=True)
    try:
        run(
            ["apt-get", "download", *packages],
            doing="Downloading " + ", ".join(packages[:3]),
            log=LOGS / "apt-download.log",
            env=env,
            cwd=downloads,
            progress=r"(\S+ \[[0-9.,]+ [kMG]?B\])",
            hint="Check the network and run the command again.",
        )
        part.mkdir(parents=True)
        for deb in sorted(downloads.glob("*.deb")):
            note(f"unpacking {deb.name}")
            done = subprocess.run(["dpkg", "-x", deb, part], capture_output=True, text=True)
            if done.returncode:
                raise Stop(f"{deb.name} could not be unpacked: {done.stderr.strip()}")
        part.chmod(0o755)
        part.rename(target)
    finally:
        shutil.rmtree(downloads, ignore_errors=True)
        shutil.rmtree(part, ignore_errors=True)
