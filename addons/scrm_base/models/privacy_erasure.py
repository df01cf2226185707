"""Forgetting a person: every table of the suite, and what core holds by our doing."""

import logging

from odoo import Command, api, models
from odoo.fields import Domain
from odoo.tools import SQL, email_normalize
from odoo.tools.mail import email_split_and_format

from ..tools.append_only import erase
from ..tools.erasure import ERASED, ERASED_PREFIX
from .privacy_core import LEAD_COLUMNS, PARTNER_COLUMNS

_logger = logging.getLogger(__name__)


class ScrmPrivacy(models.AbstractModel):
    _inherit = "scrm.privacy"  # pylint: disable=consider-merging-classes-inherited

    # === BEFORE === #

    @api.model
    def _preview_erasure(self, customer):
        """Say what an erasure would do, without doing it.

        :return: {"tables": list of (model, label, own rows, rows that mention a handle),
            "open": list of :class:`OpenBusiness`, "kept": list of sentences}
        """
        person = self._get_person(customer)
        pattern = person.get_pattern()
        self.env.flush_all()
        tables = []
        for name, ids in self._get_owned(person).items():
            plan = self._get_erasure_plan()[name]
            if not plan.erased and not plan.hashed:
                continue
            mentions = self._count_mentions(name, plan, person, pattern, ids)
            if ids or mentions:
                label = self.env["ir.model"]._get(name).sudo().name
                tables.append((name, label, len(ids), mentions))
        retention = self._get_retention(person.partners)
        free = person.partners.filtered(lambda p: p.id not in retention)
        in_core = (free, self._get_leads(person), *self._get_queued(person))
        for records in filter(None, in_core):
            label = self.env["ir.model"]._get(records._name).sudo().name
            tables.append((records._name, label, len(records), 0))
        return {
            "tables": tables,
            "open": self._get_open_business(person),
            "kept": self._describe_kept(person, retention),
        }

    def _describe_kept(self, person, retention):
        kept = [
            self.env._("Contact %(name)s stays: %(why)s", name=f"#{id_}", why=" ".join(sentences))
            for id_, sentences in sorted(retention.items())
        ]
        kept.append(
            self.env._(
                "Rows stay without their content, so that counts and times of the past hold."
            )
        )
        kept.append(
            self.env._(
                "Salted hashes of the handles stay (%s), so that they are not taken up again.",
                len(person.identities),
            )
        )
        return kept

    def _count_mentions(self, name, plan, person, pattern, owned_ids):
        model = self.env[name]
        columns = self._get_columns(model, (*plan.erased, *plan.hashed))
        if not pattern or not columns:
            return 0
        [(count,)] = self.env.execute_query(
            SQL(
                "SELECT count(*) FROM %s WHERE %s AND (%s) AND NOT id = ANY(%s)",
                SQL.identifier(model._table),
                self._get_scope(model, person),
                SQL(" OR ").join(self._matches(column, pattern) for column in columns),
                owned_ids,
            )
        )
        return count

    @api.model
    def _matches(self, column, pattern):
        return SQL("%s::text ~* %s", SQL.identifier(column), pattern)

    # === THE ERASURE === #

    @api.model
    def _erase(self, customer):
        """Forget a person in every table, and return what was done as of the preview.

        The caller has checked the officer's right. It cannot be undone.
        """
        self.env.flush_all()
        person = self._get_person(customer)
        person.identities._lock_clusters()
        result = self._preview_erasure(customer)
        retention = self._get_retention(person.partners)
        owned = self._get_owned(person)
        leads = self._get_leads(person)
        pattern = person.get_pattern()
        self.env["scrm.suppression"]._suppress(
            person.identities.filtered(lambda i: not i.value.startswith(ERASED_PREFIX))
        )
        for name, plan in self._get_erasure_plan().items():
            self._erase_table(name, plan, owned[name], person, pattern)
        self._sweep_passing(person, pattern)
        # What the cache remembers must not be written again.
        self.env.invalidate_all()
        self._erase_threads(self._get_threads(person, owned))
        self._erase_core(person, retention, leads, pattern)
        self._erase_identities(person)
        self._after_erasure(person, owned)
        self.env.invalidate_all()
        self._erase_names(person)
        _logger.info("scrm.privacy: customer %s was erased", person.customers[0].id)
        return result

    def _after_erasure(self, person, owned):
        """Do what else follows for the records of an addon; a hook."""
        # What waits to be sent has no text and no address any more.
        self.env.cr.execute(
            SQL(
                "UPDATE scrm_outbox SET state = 'failed', error = %s"
                " WHERE id = ANY(%s) AND state IN ('queued', 'unknown')"
                " AND company_id = ANY(%s)",
                self.env._("The person asked to be forgotten."),
                owned["scrm.outbox"],
                person.companies.ids,
            )
        )

    def _erase_table(self, name, plan, ids, person, pattern):
        model = self.env[name]
        erased = self._get_columns(model, plan.erased)
        if ids and erased:
            values = {column: self._get_blank(model._fields[column]) for column in erased}
            erase(self.env.cr, model._table, values, SQL("id = ANY(%s)", ids))
        if not pattern:
            return
        scope = self._get_scope(model, person)
        for column in erased:
            self._strike_out(model, column, pattern, scope)
        salt = self.env["scrm.suppression"]._get_salt()
        for column in self._get_columns(model, plan.hashed):
            where = SQL("%s AND %s", scope, self._matches(column, pattern))
            erase(self.env.cr, model._table, {column: self._get_hash_sql(column, salt)}, where)

    def _get_hash_sql(self, column, salt):
        return SQL(
            "%s || encode(sha256(convert_to(%s || id::text || ':' || %s, 'UTF8')), 'hex')",
            ERASED_PREFIX,
            salt,
            SQL.identifier(column),
        )

    def _get_blank(self, field):
        """Return what an emptied column holds: nothing, or the least that it may hold."""
        if not field.required:
            return SQL("NULL")
        return SQL("%s", "{}" if field.type == "json" else ERASED)

    def _strike_out(self, model, column, pattern, scope):
        """Replace the person's handles in a column of rows that are not theirs."""
        column_type = model._fields[column].column_type[0]
        struck = SQL(
            "regexp_replace(%s::text, %s, %s, 'gi')::%s",
            SQL.identifier(column),
            pattern,
            ERASED,
            SQL(column_type),
        )
        where = SQL("%s AND %s", scope, self._matches(column, pattern))
        erase(self.env.cr, model._table, {column: struck}, where)

    def _sweep_passing(self, person, pattern):
        """Strike handles out of wizards' tables, which core empties only by and by."""
        for name, model in self.env.registry.items():
            if not (pattern and model._transient and not model._abstract):
                continue
            if not (model._original_module or "").startswith("scrm_"):
                continue
            model = self.env[name]
            for column, field in model._fields.items():
                if field.store and field.type in ("char", "text", "html", "json"):
                    self._strike_out(model, column, pattern, SQL("TRUE"))

    def _erase_identities(self, person):
        """Replace the handles by salted hashes, and let go of their contacts."""
        salt = self.env["scrm.suppression"]._get_salt()
        values = {"value": self._get_hash_sql("value", salt), "partner_id": SQL("NULL")}
        where = SQL(
            "id = ANY(%s) AND pool_id = ANY(%s) AND value NOT LIKE %s",
            person.identities.ids,
            person.customers.pool_id.ids,
            f"{ERASED_PREFIX}%",
        )
        erase(self.env.cr, "scrm_identity", values, where)
        self.env.cr.execute(
            SQL(
                "UPDATE scrm_customer SET erased_at = %s, name = %s WHERE id = ANY(%s)"
                " AND pool_id = ANY(%s)",
                self.env.cr.now(),
                ERASED,
                person.customers.ids,
                person.customers.pool_id.ids,
            )
        )

    def _erase_names(self, person):
        """Let what is computed of handles follow, the golden name with it."""
        person.identities.modified(["value", "name", "partner_id"])
        person.customers.modified(["name_manual"])
        self.env["scrm.customer.touch"]._touch(person.customers)
        self.env.flush_all()

    # === CORE === #

    def _erase_threads(self, threads):
        """Delete what was written about the person's records, and what was attached to them."""
        self._get_messages(threads).unlink()
        self._get_attachments(threads).unlink()

    def _erase_queued(self, person):
        """Delete what goes to the person alone, and take them off what goes to others too."""
        mails, messages = self._get_queued(person)
        for mail in mails:
            others = [
                address
                for address in email_split_and_format(mail.email_to or "")
                if email_normalize(address) not in person.emails
            ]
            contacts = mail.recipient_ids - person.partners
            if others or contacts:
                mail.write(
                    {
                        "email_to": ", ".join(others),
                        "recipient_ids": [Command.set(contacts.ids)],
                    }
                )
            else:
                mail.unlink()
        messages.unlink()

    def _erase_core(self, person, retention, leads, pattern):
        """Anonymise contacts, their leads and logins, and empty the queues of mail and SMS."""
        self._erase_queued(person)
        self._erase_leads(leads)
        free = person.partners.filtered(lambda p: p.id not in retention)
        self._erase_talk(free, person.companies)
        self._erase_partners(free)
        if pattern:
            self.env.cr.execute(
                SQL(
                    "DELETE FROM queue_job WHERE state IN ('done', 'cancelled')"
                    " AND concat_ws(' ', name, args, kwargs, func_string) ~* %s",
                    pattern,
                )
            )

    def _erase_leads(self, leads):
        self._erase_threads({"crm.lead": leads.ids})
        leads.write({"name": ERASED, **dict.fromkeys(self._known(leads, LEAD_COLUMNS), False)})

    def _erase_talk(self, partners, companies):
        """Delete what was written about documents of contacts that no law keeps.

        An invoice that was ever posted belongs to the books, and so does what is written on it.
        """
        of_partners = Domain("partner_id", "in", partners.ids) & Domain(
            "company_id", "in", companies.ids
        )
        for name, domain in (
            ("sale.order", of_partners),
            ("account.move", of_partners & Domain("posted_before", "=", False)),
        ):
            self._erase_threads({name: self._search_ids(name, domain)})

    def _known(self, model, columns):
        return [column for column in columns if column in model._fields]

    def _erase_partners(self, partners):
        """Empty contacts that no law keeps; their logins go with them."""
        if not partners:
            return
        partners = partners.with_context(tracking_disable=True)
        for user in self._get_logins(partners):
            user.write({"login": f"erased-{user.id}", "password": "", "active": False})
        self._erase_threads({"res.partner": partners.ids})
        partners.bank_ids.unlink()
        blank = dict.fromkeys(self._known(partners, PARTNER_COLUMNS), False)
        partners.write({**blank, "name": ERASED})
        self.env.flush_all()
