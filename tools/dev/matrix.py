"""`make matrix`: each addon alone, in and out; the story without demo data and in English."""

import time
from dataclasses import dataclass

import architecture
import chromium
import database
import logcheck
import postgres
import testing
from console import note, step
from paths import ROOT, our_addons

REPORT = ROOT / "docs" / "matrix.md"
BARE = "scrm_matrix_bare"
DEPENDENCIES = "scrm_matrix_deps"
ALONE = "scrm_matrix_alone"
WHOLE = "the whole suite"
# What an addon may leave in a database besides rows; all must be as before once it is gone.
# (Odoo gives a model's mixins and their selections external ids in the names of other modules,
# which stay when the model goes, whose ever it is.)
STRUCTURE = """
SELECT 'table ' || table_name FROM information_schema.tables WHERE table_schema = 'public'
UNION SELECT 'column ' || table_name || '.' || column_name || ' ' || data_type
             || CASE is_nullable WHEN 'NO' THEN ' NOT NULL' ELSE '' END
        FROM information_schema.columns WHERE table_schema = 'public'
UNION SELECT 'index ' || indexname FROM pg_indexes WHERE schemaname = 'public'
UNION SELECT 'sequence ' || sequencename FROM pg_sequences WHERE schemaname = 'public'
UNION SELECT 'trigger ' || tgname || ' on ' || tgrelid::regclass::text
        FROM pg_trigger WHERE NOT tgisinternal
UNION SELECT 'function ' || proname FROM pg_proc
       WHERE pronamespace = 'public'::regnamespace
         AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
UNION SELECT 'constraint ' || conname FROM pg_constraint
       WHERE connamespace = 'public'::regnamespace
UNION SELECT 'model ' || model FROM ir_model
UNION SELECT 'field ' || model || '.' || name FROM ir_model_fields
UNION SELECT 'record ' || module || '.' || name FROM ir_model_data
       WHERE model NOT IN ('ir.model.inherit', 'ir.model.fields.selection', 'ir.module.module')
"""
# Rows of these are compared one by one: what an addon did to them must be undone.
SETTINGS = (
    "ir_act_server ir_act_window ir_asset ir_config_parameter ir_cron ir_default ir_model_access "
    "ir_rule ir_sequence ir_ui_menu ir_ui_menu_group_rel ir_ui_view ir_ui_view_group_rel "
    "mail_template res_groups res_groups_implied_rel res_groups_users_rel rule_group_rel"
).split()
# Columns that Odoo writes at any time.
RESTLESS = "write_date write_uid lastcall nextcall failure_count".split()
SETTING = """
SELECT '{table} ' || COALESCE(to_jsonb(t)->>'id', '') || ' '
       || md5((to_jsonb(t) - %s::text[])::text) || ' '
       || left(COALESCE(to_jsonb(t)->>'name', to_jsonb(t)->>'key', t::text), 60)
  FROM "{table}" t
"""
# Rows of the others are counted, but for those by which Odoo keeps account of its own running
# (bundles of assets, signals between servers, triggers of scheduled actions, foreign keys, which
# have no external id to go with, the list of addons on its path), those compared by name above,
# and history, which is kept.
UNCOUNTED = (
    "ir_attachment ir_cron_progress ir_cron_trigger ir_logging ir_model_constraint ir_model_data "
    "ir_module_module ir_module_module_dependency queue_job scrm_flow_log"
).split()
ROWS = """
SELECT table_name, (xpath('/row/n/text()', query_to_xml(
           format('SELECT count(*) AS n FROM %%I', table_name), false, true, '')))[1]::text
  FROM information_schema.tables
 WHERE table_schema = 'public' AND table_type = 'BASE TABLE'
   AND NOT starts_with(table_name, 'orm_signaling') AND NOT table_name = ANY(%s)
"""


@dataclass
class Outcome:
    """How an addon came and went: seconds in, seconds out, and what is wrong."""

    name: str
    seconds_in: int
    seconds_out: int
    wrong: list[str]


def state(name):
    """Return what a database holds: lines on its structure and settings, counts of its rows."""
    lines = {row for (row,) in postgres.sql(name, STRUCTURE)}
    here = [table for table in SETTINGS if f"table {table}" in lines]
    if here:
        query = "UNION ALL".join(SETTING.format(table=table) for table in here)
        lines |= {row for (row,) in postgres.sql(name, query, [RESTLESS] * len(here))}
    return lines, dict(postgres.sql(name, ROWS, [[*UNCOUNTED, *here]]))


def difference(before, after):
    """Return sentences on how a database differs from what it was."""
    (lines, rows), (lines_now, rows_now) = before, after
    found = [f"left behind: {what}" for what in sorted(lines_now - lines)]
    found += [f"lost: {what}" for what in sorted(lines - lines_now)]
    for table in sorted(rows.keys() & rows_now.keys()):
        if rows[table] != rows_now[table]:
            found.append(f"{table} had {rows[table]} rows, has {rows_now[table]}")
    return found


def _errors(log, start):
    """Return the log's errors since a position in it, and the warnings of our modules."""
    part = log.with_suffix(".part")
    part.write_text(log.read_text(errors="replace")[start:])
    found = logcheck.complaints(part)
    for line in part.read_text().splitlines():
        match = logcheck.LINE.match(line)
        if match and match["level"] in ("ERROR", "CRITICAL") and line not in found:
            found.append(line)
    part.unlink()
    return found


def in_and_out(odoo, name, addons, root):
    """Install addons, uninstall the one that all of them need, compare with what was before."""
    before = state(ALONE)
    log = database.log_of(ALONE)
    start = len(log.read_text(errors="replace")) if log.exists() else 0
    begun = time.monotonic()
    database.install(odoo, ALONE, addons, f"Installing {name}")
    middle = time.monotonic()
    if addons == [architecture.BASE]:
        database.clone(ALONE, DEPENDENCIES)
    database.odoo_run(odoo, ALONE, [root], f"Uninstalling {name}", command=["module", "uninstall"])
    end = time.monotonic()
    wrong = [*difference(before, state(ALONE)), *_errors(log, start)]
    for line in wrong:
        note(line)
    return Outcome(name, round(middle - begun), round(end - middle), wrong)


def _alone(odoo, addon):
    """Take one addon in and out of a database that has what it depends on and no more."""
    step(f"{addon}: alone on its dependencies, in and out")
    database.drop(ALONE)
    database.clone(BARE if addon == architecture.BASE else DEPENDENCIES, ALONE)
    needs = sorted(set(architecture.allowed(addon)) - {architecture.BASE})
    # A bridge would come by itself with the two that it joins; here it comes by name.
    options = ["--skip-auto-install"] if addon in architecture.BRIDGES else []
    if needs:
        database.install(odoo, ALONE, needs, "Installing what it depends on", *options)
    return in_and_out(odoo, addon, [addon], addon)


def _whole(odoo):
    """Take all addons in and out of a database that has all that any of them depends on."""
    step(f"{WHOLE}: in and out")
    database.drop(ALONE)
    database.clone(database.core(odoo), ALONE)
    return in_and_out(odoo, WHOLE, database.installable(), architecture.BASE)


def _addons(odoo, chosen):
    names = [name for name in our_addons() if not chosen or name in chosen]
    # Everything but the base itself stands on a copy of the database that has the base.
    names = [architecture.BASE, *(name for name in names if name != architecture.BASE)]
    step("A bare database")
    for name in (BARE, DEPENDENCIES, ALONE):
        database.drop(name)
    database.install(odoo, BARE, ["base"], "Installing base")
    outcomes = [_alone(odoo, name) for name in names]
    if not chosen:
        outcomes.append(_whole(odoo))
    for name in (BARE, DEPENDENCIES, ALONE):
        database.drop(name)
    return outcomes


def report(versions, outcomes, story):
    """Return the text of docs/matrix.md."""
    lines = [
        "# Each addon alone, in and out",
        "",
        f"Made by `make matrix` on {time.strftime('%Y-%m-%d')} with {versions}.",
        "",
        "Each addon was installed without demo data on a database that held what it depends on",
        "and nothing else, and uninstalled. Tables, columns, indexes, triggers, functions,",
        "constraints, models, fields and external ids were compared with what was there before;",
        f"so was every row of {', '.join(f'`{table}`' for table in SETTINGS)},",
        "and the number of rows of every other table but those where Odoo keeps account of its own",
        "running, and `scrm_flow_log`: history is kept. Errors in the log count, and warnings",
        "of our own modules too.",
        "",
        "| addon | installed in | uninstalled in | result |",
        "|---|---|---|---|",
    ]
    for one in outcomes:
        result = f"{len(one.wrong)} complaints" if one.wrong else "clean"
        lines.append(f"| {one.name} | {one.seconds_in} s | {one.seconds_out} s | {result} |")
    wrong = [f"- {one.name}: {line}" for one in outcomes for line in one.wrong]
    if wrong:
        lines += ["", "## What is wrong", "", *wrong]
    lines += ["", "## The story without demo data and in English", ""]
    lines += [f"- {line}" for line in story] or ["It was played to its end."]
    return "\n".join(lines) + "\n"


def _versions(odoo):
    server = postgres.sql("postgres", "SHOW server_version")[0][0].split()[0]
    return f"Odoo {odoo.version} and PostgreSQL {server}"


def run(odoo, chosen=()):
    """Take the addons (or chosen ones) in and out; with all of them, play the story too."""
    outcomes = _addons(odoo, chosen)
    wrong = [f"{one.name}: {line}" for one in outcomes for line in one.wrong]
    if not chosen:
        chromium.ensure()
        step("The story without demo data and in English")
        story = testing.pytest(
            "story-suite-en",
            [*testing.PLAIN, ROOT / "tests" / "story", "-v"],
            testing.environment(SCRM_STORY_TEMPLATE="suite", SCRM_STORY_LANG="en_US"),
        )
        wrong += story
        REPORT.write_text(report(_versions(odoo), outcomes, story))
        note(f"the result stands in {REPORT.relative_to(ROOT)}")
    testing.conclude(wrong)
