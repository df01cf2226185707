"""What the tools say, how they fail, and how they run other programs."""

import fcntl
import os
import re
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path


class Stop(Exception):
    """End the command with one sentence that says what happened and what to do next."""


def say(text):
    print(text, flush=True)


def step(text):
    say(f"==> {text}")


def note(text):
    say(f"    {text}")


@contextmanager
def only_one(lock_file: Path, doing: str):
    """Let one process at a time build a thing; the others wait and then find it built."""
    lock_file.parent.mkdir(parents=True, exist_ok=True)
    with lock_file.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            note(f"waiting: another command is already {doing}")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def _tail(path: Path, lines=15):
    try:
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:])
    except OSError:
        return ""


def _last_match(log: Path, pattern):
    """Return the last text in the log's final kilobytes that the pattern's group 1 matches."""
    try:
        with log.open("rb") as handle:
            handle.seek(max(0, log.stat().st_size - 8192))
            found = re.findall(pattern, handle.read().decode(errors="replace"))
    except OSError:
        return ""
    return found[-1] if found else ""


def run(cmd, *, doing, log: Path, env=None, cwd=None, progress=None, stdin=None, hint="", mode="w"):
    """Run a program with its output in a log file; show that it is alive; Stop if it fails.

    `progress` is a pattern whose group 1 is shown beside the seconds that have passed; with the
    mode `a` the log goes on where it ended.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    started = time.monotonic()
    shown = ""
    with log.open(mode) as out:
        child = subprocess.Popen(
            [str(part) for part in cmd],
            stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL,
            stdout=out,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(env or {})},
            cwd=cwd,
            text=True,
        )
        try:
            if stdin is not None:
                child.stdin.write(stdin)
                child.stdin.close()
            while True:
                try:
                    child.wait(timeout=1)
                    break
                except subprocess.TimeoutExpired:
                    shown = _show_progress(shown, int(time.monotonic() - started), log, progress)
        except BaseException:
            _end(child)
            raise
        finally:
            if shown and sys.stdout.isatty():
                print("\r\033[K", end="", flush=True)
    if child.returncode:
        note(_tail(log).replace("\n", "\n    "))
        raise Stop(f"{doing} failed (exit code {child.returncode}); see {log}. {hint}".strip())
    return time.monotonic() - started


def _show_progress(shown, seconds, log, progress):
    detail = _last_match(log, progress) if progress else ""
    text = f"{seconds:4d} s  {detail}"
    if sys.stdout.isatty():
        print(f"\r\033[K    {text}", end="", flush=True)
        return text
    if seconds and seconds % 30 == 0 and text != shown:
        note(text)
        return text
    return shown


def _end(child):
    child.terminate()
    try:
        child.wait(timeout=15)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def output(cmd, *, env=None, cwd=None, check=True, stdin=None, doing=""):
    """Run a short program and return what it printed."""
    try:
        done = subprocess.run(
            [str(part) for part in cmd],
            env={**os.environ, **(env or {})},
            cwd=cwd,
            text=True,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
        )
    except FileNotFoundError:
        raise Stop(f"The program {cmd[0]!r} is missing; install it and run the command again.")
    if check and done.returncode:
        raise Stop(
            f"{doing or cmd[0]} failed (exit code {done.returncode}): "
            f"{(done.stderr or done.stdout).strip()[-1500:]}"
        )
    return done.stdout
