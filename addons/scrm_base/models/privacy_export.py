"""What the suite and core hold on a person, put together for themselves."""

from collections import defaultdict

from odoo import api, fields, models
from odoo.tools import html2plaintext

_ORDER_COLUMNS = ("name", "date_order", "amount_total", "state")
_INVOICE_COLUMNS = ("name", "invoice_date", "amount_total", "state")
# Where a record says whose it is, if not in its company.
_COMPANY_COLUMNS = {
    "mail.mail": "record_company_id",
    "mail.message": "record_company_id",
    "res.users": "company_ids",
    "sms.sms": "mail_message_id.record_company_id",
}


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _get_withheld(self):
        """Return {model name: why} of what an erasure takes and nobody is handed out; a hook.

        The reasons are for those who work on the suite: a test fails if one is missing.
        """
        return {
            "ir.model.data": "technical names of records, no texts of anybody",
            "mail.tracking.value": "handed out as what the messages say",
            "queue.job": "copies of what stands in other sections, in a form for machines",
            "scrm.circle": "tells of its other members; the person gets their own membership",
            "scrm.customer.import.column": "the sample is a cell of somebody; theirs is their row",
            "scrm.identity.block": "a number that ties nobody; theirs stands among their handles",
            "scrm.match.candidate": "says as much about the other one; only counted",
            "scrm.quality.issue": "who shares a value with them is no one's to know",
            "scrm.segment": "a condition that names a number; they get their own membership",
        }

    @api.model
    def _get_personal_data(self, customer):
        """Return {section: list of {label: value}}: all that is held on a person.

        Found by what the erasure finds it by: what an addon adds there is handed out, too. Only
        what is the current company's: another one of the pool is a controller of its own.
        """
        person = self._get_person(customer)
        candidates = self._get_owned(person)["scrm.match.candidate"]
        own, core = self._get_handed_out(person)
        documents = (
            *((self.env[name].sudo().browse(ids), None) for name, ids in own.items()),
            *core.values(),
            (self._get_documents("sale.order", person), _ORDER_COLUMNS),
            (self._get_documents("account.move", person), _INVOICE_COLUMNS),
        )
        threads = self._get_handed_threads(person, own, core)
        sections = defaultdict(list)
        for records, columns in documents:
            sections[self._get_section(records)] += self._export_rows_of(records, columns)
        sections.update(self._export_letters(person, threads))
        sections.update(self._export_match_decisions(candidates))
        return {section: rows for section, rows in sections.items() if rows}

    @api.model
    def _get_personal_files(self, customer):
        """Return the files (ir.attachment) to hand out, in the order of the section on them."""
        person = self._get_person(customer)
        return self._get_files(self._get_handed_threads(person, *self._get_handed_out(person)))

    def _get_handed_out(self, person):
        """Return ({model: ids} of the suite's rows, {model: (records, columns)} of core's)."""
        withheld = self._get_withheld()
        own = self._get_owned(person)
        for name, ids in own.items():
            # sudo: see _get_person
            records = self.env[name].sudo().with_context(active_test=False).browse(ids)
            own[name] = [] if name in withheld else self._keep_own(records).ids
        core = {
            name: (self._keep_own(records), columns)
            for name, (records, columns) in self._get_core_records(person, own).items()
            if name not in withheld
        }
        return own, core

    def _get_handed_threads(self, person, own, core):
        """Return {model: ids} of the records whose chatter and files are the person's."""
        return {
            **self._get_threads(person, own),
            **{name: core[name][0].ids for name in ("res.partner", "crm.lead")},
            **{
                name: self._get_documents(name, person).ids
                for name in ("sale.order", "account.move")
            },
        }

    def _get_section(self, records):
        return self.env["ir.model"]._get(records._name).sudo().name

    def _keep_own(self, records):
        """Leave out what another company holds."""
        path = _COMPANY_COLUMNS.get(records._name, "company_id")
        if path.split(".")[0] not in records._fields:
            return records
        company = self.env.company
        return records.filtered(lambda r: not r.mapped(path) or company in r.mapped(path))

    def _export_match_decisions(self, ids):
        """Return how often somebody may have been the person; who it was is not told to them."""
        candidates = self.env["scrm.match.candidate"].sudo()  # sudo: counted for the export
        counts = candidates._read_group([("id", "in", ids)], ["state"], ["__count"])
        labels = dict(candidates._fields["state"]._description_selection(self.env))
        rows = [{labels[state]: count for state, count in counts}] if counts else []
        return {self._get_section(candidates): rows}

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
        """Return facts of records as {label: text}; secrets and pictures stay out."""
        if names is None:
            hidden = {*models.MAGIC_COLUMNS, "write_uid", "write_date", "covered"}
            names = [
                name
                for name, field in records._fields.items()
                if field.store
                and name not in hidden
                and field.type not in ("one2many", "many2many", "many2one_reference")
                and "base.group_system" not in (field.groups or "")
            ]
        labels = {
            name: records._fields[name]._description_string(self.env)
            for name in self._known(records, names)
            if records._fields[name].type != "binary"
        }
        return [
            {
                label: text
                for name, label in labels.items()
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
        return html2plaintext(value) if field.type == "html" else str(value)
