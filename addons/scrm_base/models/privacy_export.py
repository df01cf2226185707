"""What the suite holds on a person, put together for themselves."""

from odoo import api, fields, models


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _get_personal_data(self, customer):
        """Return {section: list of {label: value}}: all that is held on a person; a hook.

        Of records of a company only those of the current one: another company of the pool is a
        controller of its own.
        """
        person = self._get_person(customer)
        plans = self._get_erasure_plan()
        owned = self._get_owned(person)
        sections = {}
        for name, ids in owned.items():
            if not plans[name].exported:
                continue
            model = self.env[name].sudo().with_context(active_test=False)
            records = model.browse(ids)
            if "company_id" in model._fields:
                records = records.filtered(
                    lambda r: not r.company_id or r.company_id == self.env.company
                )
            if records:
                sections[self.env["ir.model"]._get(name).sudo().name] = self._export_rows_of(
                    records
                )
        sections.update(self._export_match_decisions(owned["scrm.match.candidate"]))
        partner_fields = ("name", "phone", "email", "street", "street2", "city", "zip", "vat")
        documents = {
            self.env._("Contacts"): (person.partners, (*partner_fields, "comment")),
            self.env._("Orders"): (
                self._get_documents("sale.order", person),
                ("name", "date_order", "amount_total", "state"),
            ),
            self.env._("Invoices"): (
                self._get_documents("account.move", person),
                ("name", "invoice_date", "amount_total", "state"),
            ),
        }
        for section, (records, names) in documents.items():
            if records:
                sections[section] = self._export_rows_of(records, names)
        return sections

    def _export_match_decisions(self, ids):
        """Return how often somebody may have been the person; who it was is not told to them."""
        candidates = self.env["scrm.match.candidate"].sudo()  # sudo: counted for the export
        counts = candidates._read_group([("id", "in", ids)], ["state"], ["__count"])
        if not counts:
            return {}
        labels = dict(candidates._fields["state"]._description_selection(self.env))
        label = self.env["ir.model"]._get(candidates._name).sudo().name
        return {label: [{labels[state]: count for state, count in counts}]}

    def _get_documents(self, model_name, person):
        return (
            self.env[model_name]
            .sudo()  # sudo: references of the person's documents, for the officer's export
            .search(
                [
                    ("partner_id", "in", person.partners.ids),
                    ("company_id", "=", self.env.company.id),
                ]
            )
        )

    def _export_rows_of(self, records, names=None):
        """Return the stored facts of records as {label: text}; secrets and pictures stay out."""
        if names is None:
            hidden = {*models.MAGIC_COLUMNS, "write_uid", "write_date", "covered"}
            names = [
                name
                for name, field in records._fields.items()
                if field.store
                and name not in hidden
                and field.type not in ("one2many", "many2many", "binary", "many2one_reference")
                and "base.group_system" not in (field.groups or "")
            ]
        labels = {name: records._fields[name]._description_string(self.env) for name in names}
        return [
            {
                labels[name]: text
                for name in names
                if (text := self._export_text(record, name)) not in ("", None)
            }
            for record in records
        ]

    def _export_text(self, record, name):
        field, value = record._fields[name], record[name]
        if field.type == "boolean":
            return value
        if value is False or value is None:
            return ""
        if field.type == "many2one":
            return value.display_name
        if field.type == "selection":
            return dict(field._description_selection(self.env)).get(value, value)
        if field.type == "datetime":
            return fields.Datetime.to_string(value)
        if field.type in ("integer", "float", "monetary"):
            return value
        return str(value)
