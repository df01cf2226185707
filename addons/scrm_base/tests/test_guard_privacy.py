"""No table of the suite may be forgotten when a person is erased."""

from odoo.tests import TransactionCase, tagged

TEXT_TYPES = ("char", "text", "html", "json", "binary", "properties", "properties_definition")


def get_text_columns(env):
    """Return {model name: stored text fields} of every model of the suite."""
    return {
        name: {
            field.name
            for field in model._fields.values()
            if field.store and field.type in TEXT_TYPES
        }
        for name, model in env.registry.items()
        if (model._original_module or "").startswith("scrm_")
        and not model._abstract
        and not model._transient
    }


@tagged("post_install", "-at_install")
class TestGuardPrivacy(TransactionCase):
    def test_every_text_column_has_its_plan(self):
        plans = self.env["scrm.privacy"]._get_erasure_plan()
        unplanned = {
            name: sorted(columns - (plans[name].columns if name in plans else set()))
            for name, columns in get_text_columns(self.env).items()
        }
        self.assertEqual(
            {},
            {name: columns for name, columns in unplanned.items() if columns},
            "Add these columns to _get_erasure_plan() of scrm.privacy in their addon.",
        )

    def test_plans_name_columns_that_exist_once(self):
        for name, plan in self.env["scrm.privacy"]._get_erasure_plan().items():
            with self.subTest(model=name):
                named = [*plan.erased, *plan.hashed, *plan.kept]
                self.assertEqual(len(named), len(set(named)))
                self.assertLessEqual(
                    {*named, *plan.values, *plan.record}, set(self.env[name]._fields)
                )
                for column in plan.erased:
                    self.assertFalse(self.env[name]._fields[column].translate)
