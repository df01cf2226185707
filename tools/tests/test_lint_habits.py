"""Each old habit is found, and what only looks like one is not."""

import lint_habits
import pytest

BAD = {
    "a.py": [
        "_sql_constraints = []",
        "x = fields.Float(group_operator='sum')",
        "self.env['a'].read_group([], [], [])",
        "self.check_access_rights('read')",
        "self.check_access_rule('read')",
        "records.toggle_active()",
        "@route('/x', type='json')",
        "user.groups_id",
        "from odoo.osv import expression",
        "def name_get(self):",
        "self._cr.execute('')",
        "self._uid",
        "self._context.get('x')",
        "from odoo.tools import lazy_property",
        "self.with_context(force_company=1)",
    ],
    "a.xml": [
        "<tree>",
        "<field name='a' attrs=\"{}\"/>",
        '<button states="draft"/>',
        '<t t-name="kanban-box">',
        '<field name="numbercall">-1</field>',
        '<field name="doall" eval="False"/>',
        '<group expand="0">',
        '<data noupdate="1">',
        '<field name="groups_id" eval="[]"/>',
    ],
    "a.js": ["publicWidget.registry.X = 1;", "/** @odoo-module **/"],
}
GOOD = {
    "a.py": [
        "self._read_group([])",
        "user.group_ids",
        "@route(type='jsonrpc')",
        "self.env.context",
    ],
    "a.xml": ["<list>", '<group name="expand"/>', '<t t-name="card">', "<odoo>"],
    "a.js": ['registry.category("public.interactions").add("x", X);'],
}


@pytest.mark.parametrize("name,line", [(n, text) for n, lines in BAD.items() for text in lines])
def test_old_habit_is_found(tmp_path, name, line):
    (tmp_path / name).write_text(f"\n{line}\n")
    found = lint_habits.check(tmp_path)
    assert len(found) == 1
    assert f"{name}:2: old habit" in found[0]


@pytest.mark.parametrize("name", GOOD)
def test_present_form_passes(tmp_path, name):
    (tmp_path / name).write_text("\n".join(GOOD[name]))
    assert lint_habits.check(tmp_path) == []


def test_templates_of_the_web_client_are_no_views(tmp_path):
    (tmp_path / "static").mkdir()
    (tmp_path / "static" / "a.xml").write_text('<Widget attrs="props"/>')
    assert lint_habits.check(tmp_path) == []
