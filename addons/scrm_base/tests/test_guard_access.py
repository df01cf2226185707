"""What no model of the suite may lack, whichever of its addons are installed."""

from odoo.tests import TransactionCase, tagged


@tagged("post_install", "-at_install")
class TestGuardAccess(TransactionCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.our_models = [
            model
            for model in cls.env.values()
            if not model._abstract and (model._original_module or "").startswith("scrm_")
        ]

    def _rules(self, model):
        return (
            self.env["ir.rule"]
            .sudo()
            .search([("model_id.model", "=", model._name), ("global", "=", True)])
        )

    def test_the_guard_sees_the_suite(self):
        self.assertIn("scrm.customer", {model._name for model in self.our_models})

    def test_every_model_has_access_rights(self):
        granted = set(
            self.env["ir.model.access"].search([("group_id", "!=", False)]).mapped("model_id.model")
        )
        self.assertEqual([], sorted(m._name for m in self.our_models if m._name not in granted))

    def test_no_access_right_is_for_everybody(self):
        names = [model._name for model in self.our_models]
        rights = self.env["ir.model.access"].search(
            [("model_id.model", "in", names), ("group_id", "=", False)]
        )
        self.assertEqual([], rights.mapped("name"))

    def test_every_company_model_has_a_company_rule(self):
        lacking = [
            model._name
            for model in self.our_models
            if not model._transient
            and "company_id" in model._fields
            and model._fields["company_id"].store
            and not any("company_ids" in (rule.domain_force or "") for rule in self._rules(model))
        ]
        self.assertEqual([], sorted(lacking))

    def test_no_plain_float_in_our_tables(self):
        """Money, points and quantities are exact: a Float without digits is float8."""
        plain = [
            f"{model._name}.{name}"
            for model in self.our_models
            for name, field in model._fields.items()
            if field.type == "float"
            and field.store
            and not model._transient
            and not field.get_digits(self.env)
        ]
        self.assertEqual([], sorted(plain))

    def test_what_the_system_writes_is_shown_only_and_not_copied(self):
        """Copied, it would be refused to whoever copies a record."""
        creatable = set(
            self.env["ir.model.access"]
            .search([("perm_create", "=", True)])
            .mapped("model_id.model")
        )
        wrong = [
            f"{model._name}.{name}"
            for model in self.our_models
            for name in getattr(model, "_system_fields", ())
            if not (field := model._fields[name]).readonly
            or (field.copy and model._name in creatable)
        ]
        self.assertEqual([], sorted(wrong))
