"""Set up and run the development environment: `python3 tools/dev COMMAND`."""

import argparse
import shutil
import sys

import compat
import config
import console
import database
import i18n
import linting
import matrix
import odoo_package
import paths
import postgres
import python_env
import server
import testing
import wechat


def setup(database_server=True):
    """Have Odoo, its Python environment, PostgreSQL and the private configuration in place."""
    odoo = odoo_package.ensure()
    python_env.ensure(odoo)
    started = postgres.ensure() if database_server else False
    config.ensure(odoo)
    return odoo, started


def cmd_setup(_args):
    setup()


def cmd_db(args):
    odoo, _started = setup()
    database.personal(odoo, args.name, args.template)


def cmd_drop(args):
    setup()
    database.drop(args.name)


def cmd_run(_args):
    console.say("Setting up; what is there already is not made again")
    odoo, started = setup()
    server.run(odoo, started)


def cmd_stop(_args):
    server.stop()


def cmd_shell(_args):
    odoo, _started = setup()
    server.shell(odoo)


def cmd_say(args):
    setup()
    wechat.say(server.DATABASE, args.text)


def cmd_clean(args):
    """Remove what this clone made; the shared downloads only when asked."""
    server.stop()
    postgres.destroy()
    for folder in [paths.DEV, paths.VENV, *([paths.CACHE] if args.all else [])]:
        if folder.exists():
            console.note(f"removing {folder}")
            shutil.rmtree(folder)


def cmd_test(args):
    odoo, _started = setup()
    testing.run(odoo, args.addons)


def cmd_lint(_args):
    setup(database_server=False)
    linting.run()


def cmd_story(_args):
    setup()
    testing.story()


def cmd_bench(args):
    setup()
    testing.bench(args.scale)


def cmd_matrix(args):
    odoo, _started = setup()
    matrix.run(odoo, args.addons)


def cmd_compat(args):
    odoo, _started = setup()
    compat.run(odoo, args.modules)


def cmd_i18n(_args):
    odoo, _started = setup()
    i18n.run(odoo)


def cmd_env(_args):
    """Print the shell variables by which psql and Odoo find the private database."""
    for name, value in database.odoo_env().items():
        console.say(f"export {name}={value}")


def parser():
    top = argparse.ArgumentParser(prog="tools/dev", description=__doc__)
    commands = top.add_subparsers(dest="command", required=True)

    def add(name, function, text):
        one = commands.add_parser(name, help=text, description=text)
        one.set_defaults(function=function)
        return one

    add("setup", cmd_setup, "fetch and start what is needed, and stop there")
    one = add("db", cmd_db, "make a database of one's own from a template")
    one.add_argument("name")
    one.add_argument("--template", choices=("core", "suite", "demo"), default="core")
    one = add("drop", cmd_drop, "drop a database of one's own")
    one.add_argument("name")
    add("env", cmd_env, "print the variables by which psql and Odoo find the database")
    add("run", cmd_run, "serve the suite with demo data until Ctrl-C")
    add("stop", cmd_stop, "stop the server and the private PostgreSQL of this clone")
    one = add("say", cmd_say, "write to the demo's WeChat account as a customer would")
    one.add_argument("text")
    add("shell", cmd_shell, "open Odoo's Python shell on the database of `run`")
    one = add("test", cmd_test, "run all tests, or those of some addons")
    one.add_argument("addons", nargs="*", metavar="ADDON")
    add("lint", cmd_lint, "check style, old habits, dependencies and translations")
    add("story", cmd_story, "play the story that crosses all addons")
    one = add("bench", cmd_bench, "run the benchmarks")
    one.add_argument("--scale", choices=("small", "full"), default="small")
    one = add("matrix", cmd_matrix, "each addon alone, in and out; the story without demo data")
    one.add_argument("addons", nargs="*", metavar="ADDON", help="these only, and no story")
    one = add("compat", cmd_compat, "Odoo's own tests, stock and with the suite")
    one.add_argument("modules", nargs="*", metavar="MODULE", help="the tests of these only")
    add("i18n", cmd_i18n, "export the terms of all addons and keep their translations")
    one = add("clean", cmd_clean, "remove the databases and the virtual environment of this clone")
    one.add_argument("--all", action="store_true", help="and the downloads all clones share")
    return top


def main(argv=None):
    args = parser().parse_args(argv)
    try:
        return args.function(args) or 0
    except console.Stop as error:
        console.say(f"\nStopped: {error}")
        return 1
    except KeyboardInterrupt:
        console.say("\nInterrupted; run the same command again to go on.")
        return 130


if __name__ == "__main__":
    sys.exit(main())
