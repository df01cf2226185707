"""A private PostgreSQL on a Unix socket, or the one that the PG… variables name."""

import json
import os
import pwd
import re
import shutil
import subprocess
from pathlib import Path

import packages
from console import Stop, note, only_one, output, run, step
from paths import CACHE, CLONE_ID, DEV, IS_ROOT, LOGS, PYTHON

OLDEST = 13
SOCKET = Path(f"/tmp/scrm-{os.geteuid()}-{CLONE_ID}")
# Our own socket in PGHOST (by `tools/dev env`) is still ours.
OUTSIDE = os.environ.get("PGHOST", str(SOCKET)) != str(SOCKET) or any(
    os.environ.get(name) for name in ("PGSERVICE", "PGHOSTADDR")
)
HOME = Path(f"/var/lib/scrm-odoo/{CLONE_ID}") if IS_ROOT else DEV
CLUSTER = HOME / "postgres"
SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{socket}'
max_connections = 200
shared_buffers = 256MB
work_mem = 16MB
maintenance_work_mem = 128MB
# A crash of the machine may lose the last moments, never the consistency.
synchronous_commit = off
wal_level = minimal
max_wal_senders = 0
max_wal_size = 2GB
checkpoint_timeout = 30min
jit = off
logging_collector = off
"""


def connection():
    """Return the PG… variables by which every program of the suite finds the database."""
    if OUTSIDE:
        given = {name: os.environ[name] for name in ("PGHOST", "PGPORT") if name in os.environ}
        user = os.environ.get("PGUSER", "odoo")
        return {"PGUSER": user, "PGDATABASE": "postgres", **given}
    return {"PGHOST": str(SOCKET), "PGPORT": "5432", "PGUSER": "odoo", "PGDATABASE": "postgres"}


def _has_contrib(binaries: Path):
    share = binaries.parents[3] / "share/postgresql" / binaries.parent.name / "extension"
    return (binaries / "postgres").exists() and (share / "pg_trgm.control").exists()


def _server_folders(root: Path):
    """Return folders with the server's programs under `root`, newest version first."""
    found = [
        path
        for path in (root / "usr/lib/postgresql").glob("*/bin")
        if path.parent.name.isdigit() and int(path.parent.name) >= OLDEST and _has_contrib(path)
    ]
    return sorted(found, key=lambda path: int(path.parent.name), reverse=True)


def _package_names(apt):
    """Return the server package and those of its libraries that this machine lacks."""
    rows = output(["apt-cache", "depends", "postgresql"], env=apt, check=False)
    found = re.search(r"Depends: (postgresql-\d+)", rows)
    if not found:
        raise Stop(
            "apt offers no PostgreSQL here; install PostgreSQL 13 or later with its contrib "
            "extensions, or name a running one by PGHOST, PGPORT, PGUSER and PGPASSWORD."
        )
    plan = output(
        ["apt-get", "-s", "--no-install-recommends", "install", found[1]],
        env=apt,
        doing="Asking apt what PostgreSQL needs",
    )
    wanted = re.findall(r"^Inst (\S+)", plan, re.MULTILINE)
    kinds = ("lib", "postgresql-1", "postgresql-client-1")
    return [name for name in wanted if name.startswith(kinds)]


def _binaries():
    """Return the folder of the server's programs; unpack Debian's package when there is none."""
    own = CACHE / "postgresql"
    for root in (Path("/"), own):
        folders = _server_folders(root)
        if folders:
            return folders[0]
    with only_one(CACHE / "postgresql.lock", "fetching PostgreSQL"):
        if not own.exists():
            step("Fetching PostgreSQL (once for all clones of this user)")
            apt = packages.own_apt()
            packages.unpack(_package_names(apt), own, apt)
    folders = _server_folders(own)
    if not folders:
        raise Stop(f"PostgreSQL could not be made ready; remove {own} and run the command again.")
    return folders[0]


def _libraries(binaries: Path):
    root = binaries.parents[4]
    folders = [path for path in (root / "usr/lib").glob("*-linux-gnu*") if path.is_dir()]
    return {"LD_LIBRARY_PATH": ":".join(map(str, folders))} if root != Path("/") else {}


def _owner():
    """Return the user that runs the server when we are root, which PostgreSQL refuses to be."""
    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise Stop("PostgreSQL refuses to run as root, and there is no user postgres or nobody.")


def _as_owner(cmd, binaries):
    env = [f"{key}={value}" for key, value in _libraries(binaries).items()]
    # `env -u`: a PGDATA of the caller must not lead the server elsewhere.
    cmd = ["env", "-u", "PGDATA", *env, *map(str, cmd)]
    if IS_ROOT:
        owner = _owner()
        cmd = [
            "setpriv",
            f"--reuid={owner.pw_uid}",
            f"--regid={owner.pw_gid}",
            "--clear-groups",
            *cmd,
        ]
    return cmd


def _private_folder(path: Path):
    path.mkdir(parents=True, exist_ok=True, mode=0o755)
    if IS_ROOT:
        owner = _owner()
        os.chown(path, owner.pw_uid, owner.pw_gid)
    elif path.stat().st_uid != os.geteuid():
        raise Stop(f"{path} belongs to another user; remove it and run the command again.")
    path.chmod(0o700)


def is_running():
    return (
        subprocess.run(
            _as_owner([_binaries() / "pg_ctl", "-D", CLUSTER, "status"], _binaries()),
            capture_output=True,
            cwd="/",
        ).returncode
        == 0
    )


def _create(binaries):
    step("Creating a private PostgreSQL cluster")
    part = CLUSTER.with_name("postgres.part")
    shutil.rmtree(part, ignore_errors=True)
    HOME.mkdir(parents=True, exist_ok=True)
    _private_folder(part)
    # `C.UTF-8` sorts the same everywhere; the only user is ours, and only on the socket.
    run(
        _as_owner(
            [binaries / "initdb", "-D", part, "-U", "odoo", "-A", "trust", "-E", "UTF8"]
            + ["--locale=C.UTF-8"],
            binaries,
        ),
        doing="Creating the PostgreSQL cluster",
        log=LOGS / "initdb.log",
        cwd="/",
    )
    with (part / "postgresql.conf").open("a") as conf:
        conf.write(SETTINGS.format(socket=SOCKET))
    part.rename(CLUSTER)


def ensure():
    """Have a PostgreSQL running; return True when this call started it."""
    if OUTSIDE:
        try:
            sql("postgres", "SELECT 1")
        except Stop as error:
            raise Stop(f"The PostgreSQL named by PGHOST does not answer: {error}")
        return False
    binaries = _binaries()
    with only_one(DEV / "postgres.lock", "starting PostgreSQL"):
        if not (CLUSTER / "PG_VERSION").exists():
            _create(binaries)
        if is_running():
            return False
        _private_folder(SOCKET)
        log = CLUSTER / "server.log"
        done = subprocess.run(
            _as_owner([binaries / "pg_ctl", "-D", CLUSTER, "-l", log, "-w", "start"], binaries),
            capture_output=True,
            text=True,
            cwd="/",
        )
        if done.returncode:
            raise Stop(f"PostgreSQL did not start: {done.stdout[-300:].strip()} See {log}.")
        note(f"PostgreSQL runs on the socket {SOCKET}")
        return True


def stop():
    """Stop our own server; say nothing when it does not run."""
    if OUTSIDE or not (CLUSTER / "PG_VERSION").exists() or not is_running():
        return False
    binaries = _binaries()
    subprocess.run(
        _as_owner([binaries / "pg_ctl", "-D", CLUSTER, "-m", "fast", "-w", "stop"], binaries),
        capture_output=True,
        cwd="/",
    )
    return True


def stop_unless_used():
    """Stop the server that a command of ours started, unless another command works with it now."""
    used = sql(
        "postgres",
        "SELECT count(*) FROM pg_stat_activity WHERE backend_type = %s AND pid <> pg_backend_pid()",
        ["client backend"],
    )
    if used[0][0]:
        note("PostgreSQL goes on: another program is connected to it")
    else:
        stop()


def destroy():
    """Remove the cluster with all its databases (`make clean`)."""
    if OUTSIDE:
        return
    stop()
    shutil.rmtree(CLUSTER, ignore_errors=True)
    shutil.rmtree(SOCKET, ignore_errors=True)


_SQL_PROGRAM = """
import json, sys, psycopg2
database, statement, values = json.load(sys.stdin)
try:
    connection = psycopg2.connect(dbname=database)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(statement, values)
except psycopg2.Error as error:
    sys.exit(str(error).strip())
json.dump(cursor.fetchall() if cursor.description else [], sys.stdout, default=str)
"""


def sql(database, statement, values=None):
    """Run one statement outside a transaction and return its rows as lists."""
    answer = output(
        [PYTHON, "-c", _SQL_PROGRAM],
        env=connection(),
        stdin=json.dumps([database, statement, values]),
        doing=f"PostgreSQL ({statement.split()[0]})",
    )
    return json.loads(answer)
