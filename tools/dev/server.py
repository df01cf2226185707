"""`make run`: the suite on a database that stays, until Ctrl-C; `make stop`, `make shell`."""

import errno
import os
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from pathlib import Path

import config
import database
import postgres
import wechat
from console import Stop, note, say, step
from paths import DEV, LOGS

DATABASE = "social_crm"
PID = DEV / "server.pid"
LOG = LOGS / "server.log"
PATIENCE = 180

DEMO_USERS = """
SELECT u.login, p.name, (
    SELECT string_agg(COALESCE(g.name->>'zh_CN', g.name->>'en_US'), ', ' ORDER BY d.module, g.id)
      FROM res_groups_users_rel r
      JOIN res_groups g ON g.id = r.gid
      JOIN ir_model_data d ON d.model = 'res.groups' AND d.res_id = g.id
     WHERE r.uid = u.id AND starts_with(d.module, 'scrm_'))
  FROM res_users u JOIN res_partner p ON p.id = u.partner_id
 WHERE u.active AND starts_with(u.login, 'demo.')
 ORDER BY u.login
"""
FIRST_STEPS = """
What to try first
  1. Log in as admin (password admin) and open the app Social CRM: each customer's page shows all
     that happened, and each line opens its record.
  2. In another terminal: make say TEXT="你好,净水器漏水,我的手机是13826001001"
     A stranger writes on WeChat; her phone number shows who she is. Answer her in Discuss as
     demo.agent and open a repair ticket from the conversation.
  3. Move the ticket along its nodes and use a part: the outlet's stock goes down.
  4. In Invoicing > Settlement > To review, review a dealer's statement on its bill.
Ctrl-C stops the server; the data stay. README.md tells the whole story.
"""


def _check_port(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            if error.errno != errno.EADDRINUSE:
                raise Stop(f"Port {port} cannot be used: {error.strerror}.")
            raise Stop(
                f"Port {port} is taken by another program. Stop that one (`make stop` if it is "
                f"ours), or choose another port: SCRM_HTTP_PORT={port + 1} make run"
            )


def prepare(odoo):
    """Have the developer's database, with the addons as they are now."""
    if not database.exists(DATABASE):
        template = database.demo(odoo)
        step(f"Creating the database {DATABASE} with demo data")
        database.clone(template, DATABASE)
    else:
        database.follow_addons(odoo, DATABASE)


def _print_welcome(port):
    say(f"\nThe suite runs: http://127.0.0.1:{port}   (database {DATABASE}, log {LOG})")
    users = postgres.sql(DATABASE, DEMO_USERS)
    say("  admin / admin   administrator")
    for login, name, groups in users:
        say(f"  {login} / demo   {name}: {groups or 'portal'}")
    say(FIRST_STEPS)


def _start(odoo, port):
    LOG.parent.mkdir(parents=True, exist_ok=True)
    env = {**os.environ, **postgres.connection()}
    env.pop("ODOO_QUEUE_JOB_CHANNELS", None)
    child = subprocess.Popen(
        [*odoo.command, "-c", config.FILE, "-d", DATABASE]
        + ["--http-interface", "127.0.0.1", "--http-port", str(port)],
        env=env,
        cwd=DEV,
        stdin=subprocess.DEVNULL,
        stdout=LOG.open("w"),
        stderr=subprocess.STDOUT,
        # Ctrl-C reaches us alone; we then end the server in good order.
        start_new_session=True,
    )
    PID.write_text(str(child.pid))
    return child


def _answers(port):
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/web/health", timeout=5):
            return True
    except (urllib.error.URLError, OSError):
        return False


def _await(child, port):
    end = time.monotonic() + PATIENCE
    while not _answers(port):
        if child.poll() is not None:
            raise Stop(f"Odoo ended at once; its log {LOG} says why.")
        if time.monotonic() > end:
            raise Stop(f"Odoo did not answer within {PATIENCE} seconds; see its log {LOG}.")
        time.sleep(0.2)


def _watch(child):
    """Show the log's warnings and errors until the server ends."""
    with LOG.open(errors="replace") as log:
        while True:
            ended = child.poll() is not None
            for line in log:
                if " WARNING " in line or " ERROR " in line or " CRITICAL " in line:
                    note(line.rstrip())
            if ended:
                return
            time.sleep(0.5)


def end_process(child_or_pid, patience=30):
    """End a server in good order, and for certain."""
    pid = getattr(child_or_pid, "pid", child_or_pid)
    reap = getattr(child_or_pid, "poll", lambda: None)
    for sign, seconds in ((signal.SIGTERM, patience), (signal.SIGKILL, 5)):
        try:
            os.kill(pid, sign)
        except ProcessLookupError:
            return
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if reap() is not None or not Path(f"/proc/{pid}").exists():
                return
            time.sleep(0.1)


def run(odoo, started_postgres):
    port = config.http_port()
    child = stand_in = None
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    signal.signal(signal.SIGHUP, signal.default_int_handler)
    try:
        if running():
            raise Stop(f"The server of this clone runs already (process {running()}): make stop")
        _check_port(port)
        prepare(odoo)
        step("Starting Odoo")
        child = _start(odoo, port)
        _await(child, port)
        stand_in = wechat.start_stand_in(DATABASE)
        _print_welcome(port)
        _watch(child)
        raise Stop(f"Odoo ended by itself; its log {LOG} says why.")
    except KeyboardInterrupt:
        say("\nStopping")
    finally:
        wechat.stop_stand_in(stand_in)
        if child:
            end_process(child)
            PID.unlink(missing_ok=True)
        if started_postgres:
            postgres.stop_unless_used()


def running():
    """Return the process number of this clone's server, or 0."""
    try:
        pid = int(PID.read_text())
        command = Path(f"/proc/{pid}/cmdline").read_bytes().decode().split("\0")
    except (OSError, ValueError):
        return 0
    return pid if str(config.FILE) in command else 0


def stop():
    pid = running()
    if pid:
        end_process(pid)
        note("the server is stopped")
    PID.unlink(missing_ok=True)
    if postgres.stop():
        note("PostgreSQL is stopped")


def shell(odoo):
    prepare(odoo)
    env = {**os.environ, **database.odoo_env()}
    command = [*odoo.command, "shell", "-c", str(config.FILE), "-d", DATABASE, "--no-http"]
    os.chdir(DEV)
    os.execvpe(command[0], command, env)
