"""Database templates, built once and cloned: core (Odoo), suite (ours), demo (ours with data)."""

import hashlib
import os
import shutil

import architecture
import config
import postgres
import python_env
from console import note, only_one, run, step
from paths import ADDONS, DATA, DEV, LOGS, our_addons

LANGUAGES = "en_US,zh_CN"
# The system parameter that says which state of our addons a database holds.
STATE = "scrm_dev.addons"
PROGRESS = r"Loading module (\S+ \(\d+/\d+\))"
# Stories without any of these change nothing in a database, so they do not age a template.
NOT_IN_DATABASE = ("tests", "__pycache__", "description", "README.md")

COMPANY_IN_CHINA = """
company = env.ref("base.main_company")
cny = env.ref("base.CNY")
cny.active = True
company.country_id = env.ref("base.cn")
company.currency_id = cny
company.partner_id.tz = "Asia/Shanghai"
people = env["res.users"].with_context(active_test=False).search([])
people.write({"tz": "Asia/Shanghai", "lang": "en_US"})
env["ir.default"].set("res.partner", "lang", "en_US")
env.cr.commit()
"""
CHECK_CORE = """
company = env.ref("base.main_company")
assert company.chart_template and company.chart_template.startswith("cn"), company.chart_template
assert company.currency_id.name == "CNY", company.currency_id.name
"""
WARM_ASSETS = """
env["ir.qweb"]._pregenerate_assets_bundles()
env.cr.commit()
"""
# Odoo loads a module's demo data where all that it depends on claims to have its own; between
# installations the claim is taken back, so that an update of Odoo's modules brings none of theirs.
CLAIM_DEMO = "UPDATE ir_module_module SET demo = true WHERE state = 'installed'"
DEMO_IS_OURS = "UPDATE ir_module_module SET demo = false WHERE NOT starts_with(name, 'scrm_')"
# Whoever is in the demo data reads Chinese, and so does whoever comes after them.
IN_CHINESE = """
env["res.partner"].with_context(active_test=False).search([]).lang = "zh_CN"
env["ir.default"].set("res.partner", "lang", "zh_CN")
env.cr.commit()
"""


BUILDING = "_building"


def _hash(*parts):
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:8]


def _addons_hash():
    """Return a hash of what of our addons reaches a database."""
    digest = hashlib.sha256()
    for path in sorted(ADDONS.rglob("*")):
        relative = path.relative_to(ADDONS)
        if path.is_file() and not set(relative.parts) & set(NOT_IN_DATABASE):
            digest.update(str(relative).encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def core_name(odoo):
    modules = architecture.core_dependencies()
    pins = python_env.pins(python_env.REQUIREMENTS[0])
    return f"scrm_core_{_hash(odoo.version, COMPANY_IN_CHINA, *modules, *pins)}"


def filestore(name):
    return DATA / "filestore" / name


def exists(name):
    return bool(postgres.sql("postgres", "SELECT 1 FROM pg_database WHERE datname = %s", [name]))


def names(prefix):
    rows = postgres.sql(
        "postgres", "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [prefix]
    )
    return [name for (name,) in rows]


def drop(name):
    postgres.sql("postgres", f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    shutil.rmtree(filestore(name), ignore_errors=True)
    log_of(name).unlink(missing_ok=True)


def clone(template, name):
    """Copy a database and its filestore; the copy appears under its name only when complete."""
    part = f"{name}_part"
    drop(part)
    postgres.sql("postgres", f'CREATE DATABASE "{part}" TEMPLATE "{template}"')
    _publish(part, name, template)


def _publish(part, name, files_of=None):
    """Give a finished database its name, filestore first, so that the name means complete."""
    shutil.rmtree(filestore(name), ignore_errors=True)
    source = filestore(files_of or part)
    if source.exists():
        filestore(name).parent.mkdir(parents=True, exist_ok=True)
        if files_of:
            shutil.copytree(source, filestore(name))
        else:
            source.rename(filestore(name))
    postgres.sql("postgres", f'ALTER DATABASE "{part}" RENAME TO "{name}"')


def odoo_env():
    """Return the environment of Odoo runs that must not start background jobs."""
    return {**postgres.connection(), "ODOO_QUEUE_JOB_CHANNELS": "root:0"}


def log_of(name):
    """Return the log of what Odoo's commands did to a database since it was dropped."""
    return LOGS / f"{name}.log"


def odoo_run(odoo, name, options, doing, stdin=None, command=()):
    """Run one Odoo command on a database and wait for its end."""
    run(
        ["nice", *odoo.command, *command, "-c", config.FILE, "-d", name, *options],
        doing=doing,
        log=log_of(name),
        mode="a",
        env=odoo_env(),
        cwd=DEV,
        progress=PROGRESS,
        stdin=stdin,
    )


def install(odoo, name, modules, doing, *options):
    odoo_run(
        odoo,
        name,
        ["-i", ",".join(modules), "--stop-after-init", "--no-http", *options],
        doing,
    )


def script(odoo, name, program, doing):
    """Run a Python program with `env` on a database; any exception fails the command."""
    guarded = f"try:\n{_indent(program)}\nexcept BaseException:\n    import os, traceback\n"
    guarded += "    traceback.print_exc()\n    os._exit(1)\n"
    odoo_run(odoo, name, ["--no-http"], doing, stdin=f"exec({guarded!r})\n", command=["shell"])


def _indent(program):
    return "\n".join(f"    {line}" for line in program.strip().splitlines())


def _build(name, family, what, fill):
    """Build a template under a temporary name and publish it; drop older ones of its family."""
    if exists(name):
        return name
    with only_one(DEV / f"{family}.lock", f"building the database template {what}"):
        if exists(name):
            return name
        step(f"Building the database template {what} (once)")
        part = name + BUILDING
        drop(part)
        fill(part)
        _publish(part, name)
        for old in names(f"scrm_{family}_"):
            if old != name:
                drop(old)
                building_log(old).unlink(missing_ok=True)
    return name


def core(odoo):
    """Return the template with Odoo's modules, the company in China, no data of ours."""

    def fill(part):
        note("base, zh_CN and en_US")
        install(odoo, part, ["base"], "Installing base", "--load-language", LANGUAGES)
        script(odoo, part, COMPANY_IN_CHINA, "Putting the company into China")
        modules = architecture.core_dependencies()
        note(f"{len(modules)} modules and what they depend on")
        install(odoo, part, modules, "Installing Odoo's modules")
        script(odoo, part, CHECK_CORE, "Checking the Chinese chart of accounts")

    return _build(core_name(odoo), "core", "core", fill)


def suite(odoo):
    """Return the template with our addons and no demo data."""
    base = core(odoo)

    def fill(part):
        clone(base, part)
        install(odoo, part, installable(), "Installing the suite")
        script(odoo, part, WARM_ASSETS, "Bundling the web client")

    return _build(f"scrm_suite_{_hash(base, _addons_hash())}", "suite", "suite", fill)


def single(odoo, addon):
    """Return the template with one of our addons and what it depends on, no demo data."""
    base = core(odoo)

    def fill(part):
        clone(base, part)
        install(odoo, part, [addon], f"Installing {addon}")

    family = f"only_{addon}"
    return _build(f"scrm_{family}_{_hash(base, _addons_hash())}", family, addon, fill)


def _install_with_demo(odoo, name, modules, doing):
    postgres.sql(name, CLAIM_DEMO)
    try:
        install(odoo, name, modules, doing)
    finally:
        postgres.sql(name, DEMO_IS_OURS)


def demo(odoo):
    """Return the template with our addons and our demo data (none of Odoo's own)."""
    base = core(odoo)

    def fill(part):
        clone(base, part)
        script(odoo, part, IN_CHINESE, "Setting the people's language")
        _install_with_demo(odoo, part, installable(), "Installing the suite with demo data")
        script(odoo, part, WARM_ASSETS, "Bundling the web client")

        _remember_addons(part)

    return _build(f"scrm_demo_{_hash(base, _addons_hash())}", "demo", "demo", fill)


def _remember_addons(name):
    """Write into the database which state of our addons it holds."""
    postgres.sql(name, "DELETE FROM ir_config_parameter WHERE key = %s", [STATE])
    postgres.sql(
        name,
        "INSERT INTO ir_config_parameter (key, value) VALUES (%s, %s)",
        [STATE, _addons_hash()],
    )


def follow_addons(odoo, name):
    """Update a database whose addons have changed on disk since; its data stay."""
    known = postgres.sql(name, "SELECT value FROM ir_config_parameter WHERE key = %s", [STATE])
    if known == [[_addons_hash()]]:
        return
    step(f"The addons have changed: updating the database {name}")
    rows = postgres.sql(name, "SELECT name FROM ir_module_module WHERE state = 'installed'")
    installed = {module for (module,) in rows}
    wanted = set(installable())
    present = sorted(wanted & installed)
    if present:
        odoo_run(
            odoo, name, ["-u", ",".join(present), "--stop-after-init", "--no-http"], "The update"
        )
    if wanted - installed:
        _install_with_demo(odoo, name, sorted(wanted - installed), "Installing the new addons")
    _remember_addons(name)


def installable():
    """Return our addons; the environment has what the optional ones need too."""
    return our_addons() or ["base"]


def building_log(template):
    return log_of(template + BUILDING)


def personal(odoo, name, template="core"):
    """Make (or make anew) a developer's own copy of a template."""
    source = {"core": core, "suite": suite, "demo": demo}[template](odoo)
    drop(name)
    clone(source, name)
    note(f"database {name} is a copy of {template}; psql: PGHOST={os.fspath(postgres.SOCKET)}")
