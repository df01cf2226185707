"""What the suite holds on a person, table by table: hooks of the erasure and the export."""

from dataclasses import dataclass

from odoo import api, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..tools.erasure import ERASED_PREFIX, get_trace_pattern
from .res_partner import ADDRESS_TYPES

# How long claims from an order can be brought, and platforms keep records: see _get_retention.
ORDER_RETENTION = "today -3y"


def _is_legible(value):
    return not value.startswith(ERASED_PREFIX)


@dataclass(frozen=True)
class Person:
    """Whose data it is: all that one customer is made of, in superuser mode.

    :param phones, emails: numbers and addresses that are this person's alone: what somebody else
        has too (a family's mobile, an office, a hotline) says nothing of whom a text is about
    """

    customers: models.BaseModel
    identities: models.BaseModel
    partners: models.BaseModel
    companies: models.BaseModel
    phones: frozenset
    emails: frozenset

    @property
    def values(self):
        """Return the handles as they are written; contacts are known by their record."""
        return [
            identity.value
            for identity in self.identities
            if identity.id_type not in ("partner", "phone", "email") and _is_legible(identity.value)
        ] + [*self.phones, *self.emails]

    def get_ids(self, model_name):
        """Return the ids of the person's records of one of the models that make a person."""
        by_model = (self.customers, self.identities, self.partners)
        return next(records.ids for records in by_model if records._name == model_name)

    def get_pattern(self):
        """Return the regular expression that finds the person's handles, or None."""
        return get_trace_pattern(self.phones, set(self.values) - self.phones)


class ScrmPrivacy(models.AbstractModel):
    """The suite's knowledge about its own tables, which every addon adds to."""

    _name = "scrm.privacy"
    _description = "Personal Data"

    # === HOOKS === #

    @api.model
    def _get_erasure_plan(self):
        """Return {model name: ``TablePlan``} of every table of ours; a hook.

        Each text column (char, text, html, json, binary, properties) of every model of the suite
        stands in its plan, as erased, hashed or kept: a test fails if one was forgotten.
        """
        return {}

    @api.model
    def _get_retention(self, partners):
        """Return {partner id: list of sentences} of contacts that the law keeps; a hook.

        Law of the PRC. Not legal advice: have your counsel confirm.

        - Personal Information Protection Law, art. 47: while a term set by law runs, the data are
          stored and secured, and nothing else is done with them. So the contact leaves our tables.
        - Measures for the Administration of Accounting Archives (会计档案管理办法, order 79 of
          2015), arts. 14 and 15, annex 1: vouchers and books 30 years at least, from the end of
          the year.
        - Rules for the Implementation of the Tax Collection Law (税收征收管理法实施细则), art. 29:
          books, vouchers and invoices 10 years. The 30 years contain them.
        - E-Commerce Law, art. 31: 3 years at least from the transaction's end, of operators of
          platforms alone. Civil Code, art. 188: claims can be brought for 3 years, a reason to
          keep an order and no duty.
        - Law on the Protection of Consumers' Rights and Interests, art. 29: sets no term.

        Posted entries keep their contact without an end: the 30 years are not counted. Orders are
        counted from their date, which is before the transaction's end.
        """
        reasons = {}
        for id_, count in self._count_documents(
            "account.move",
            ("partner_id", "partner_shipping_id"),
            Domain("state", "=", "posted"),
            partners,
        ):
            reasons.setdefault(id_, []).append(
                self.env._("%s posted invoices or entries: accounting law keeps them.", count)
            )
        for id_, count in self._count_documents(
            "sale.order",
            ("partner_id", "partner_invoice_id", "partner_shipping_id"),
            Domain("state", "=", "sale") & Domain("date_order", ">=", ORDER_RETENTION),
            partners,
        ):
            reasons.setdefault(id_, []).append(
                self.env._(
                    "%s orders of the last three years: claims can still be brought, and "
                    "e-commerce law makes platforms keep them.",
                    count,
                )
            )
        for user in partners.sudo().user_ids.filtered(lambda user: not user.share):
            reasons.setdefault(user.partner_id.id, []).append(
                self.env._("The person works here: their login needs the contact.")
            )
        return reasons

    def _count_documents(self, model_name, roles, domain, partners):
        """Return [(partner id, number of documents that name them in one of these roles)]."""
        # sudo: counted to decide, not shown
        documents = self.env[model_name].sudo()
        found = {}
        for role in roles:
            for partner, ids in documents._read_group(
                domain & Domain(role, "in", partners.ids), [role], ["id:array_agg"]
            ):
                found.setdefault(partner.id, set()).update(ids)
        return [(id_, len(ids)) for id_, ids in found.items()]

    @api.model
    def _get_threads(self, person, owned):
        """Return {model name: ids} whose chatter and attachments are the person's; a hook.

        :param person: :class:`Person`
        :param owned: {model name: ids} of the person's rows in the tables of the plan
        """
        return {name: ids for name, ids in owned.items() if ids}

    # === WHOSE === #

    @api.model
    def _get_person(self, customer):
        """Return all that a customer is made of."""
        # sudo: the officer's right was checked; the person's data is in every app.
        winner = (customer.merged_into_id or customer).sudo().with_context(active_test=False)
        customers = winner | winner.merged_customer_ids
        identities = winner.identity_ids
        partners = identities.partner_id
        if partners:
            partners |= partners.search(
                [
                    ("commercial_partner_id", "in", partners.ids),
                    ("type", "in", ADDRESS_TYPES),
                    ("parent_id", "in", partners.ids),
                ]
            )
        phones, emails = (
            {i.value for i in identities if i.id_type == id_type and _is_legible(i.value)}
            for id_type in ("phone", "email")
        )
        phones |= {p.phone_sanitized or p.phone for p in partners if p.phone}
        emails |= {p.email_normalized for p in partners if p.email_normalized}
        others = self._find_shared(phones | emails, identities, partners)
        return Person(
            customers,
            identities,
            partners,
            winner.pool_id.company_ids,
            frozenset(phones - others),
            frozenset(emails - others),
        )

    def _find_shared(self, values, identities, partners):
        """Return which numbers and addresses somebody else has too, or are nobody's."""
        if not values:
            return set()
        self.env.flush_all()
        rows = self.env.execute_query(
            SQL(
                """
                SELECT asked.value FROM unnest(%(values)s) asked (value)
                 WHERE EXISTS (SELECT FROM res_partner p WHERE p.phone_sanitized = asked.value
                                  AND p.id <> ALL(%(partners)s))
                    OR EXISTS (SELECT FROM res_partner p WHERE p.email_normalized = asked.value
                                  AND p.id <> ALL(%(partners)s))
                    OR EXISTS (SELECT FROM scrm_identity i
                                WHERE i.id_type IN ('phone', 'email') AND i.value = asked.value
                                  AND i.pool_id = ANY(%(pools)s) AND i.id <> ALL(%(identities)s))
                """,
                values=list(values),
                partners=partners.ids,
                identities=identities.ids,
                pools=identities.pool_id.ids,
            )
        )
        cards = values - set(identities.mapped("value"))
        is_blocked = self.env["scrm.identity.block"]._is_blocked
        return {value for (value,) in rows} | {
            value
            for value in cards
            for pool in identities.pool_id
            if is_blocked("email" if "@" in value else "phone", value, pool)
        }

    @api.model
    def _get_owned(self, person):
        """Return {model name: ids of the person's rows} for every table of the plan."""
        plans = self._get_erasure_plan()
        owned = {}
        for name, plan in plans.items():
            domain = Domain.OR(
                [self._get_owner_domain(name, path, person) for path in plan.owners]
                + [self._get_value_domain(name, column, person) for column in plan.values]
            )
            owned[name] = self._search_ids(name, domain)
        for name, plan in plans.items():
            if plan.record:
                model_column, id_column = plan.record
                about = Domain.OR(
                    Domain(model_column, "=", other) & Domain(id_column, "in", ids)
                    for other, ids in owned.items()
                    if ids and other != name
                )
                owned[name] = sorted({*owned[name], *self._search_ids(name, about)})
        self._follow_shared(person, owned)
        return owned

    def _follow_shared(self, person, owned):
        """Say which records of several people are emptied for the sake of one; a hook.

        :param owned: {model name: ids}, changed in place
        """

    def _get_owner_domain(self, model_name, path, person):
        """Return the domain of the rows of a model that a path leads to the person."""
        if path == "id":
            return Domain("id", "in", person.get_ids(model_name))
        field, model = None, self.env[model_name]
        for name in path.split("."):
            field = model._fields[name]
            model = self.env[field.comodel_name]
        return Domain(path, "in", person.get_ids(field.comodel_name))

    def _get_value_domain(self, model_name, column, person):
        """Return the domain of the rows of the person's companies that hold a handle itself."""
        domain = Domain(column, "in", person.values)
        field = self.env[model_name]._fields.get("company_id")
        if field and field.store:
            domain &= Domain("company_id", "in", [False, *person.companies.ids])
        return domain

    def _search_ids(self, model_name, domain):
        if domain.is_false():
            return []
        # sudo: see _get_person
        model = self.env[model_name].sudo().with_context(active_test=False)
        return list(model._search(domain, order="id"))

    @api.model
    def _get_scope(self, model, person):
        """Return the SQL condition for the rows of the person's companies.

        Companies of another pool are controllers of their own: a request to one of them is none
        to the others.
        """
        if "company_id" in model._fields and model._fields["company_id"].store:
            return SQL("(company_id IS NULL OR company_id = ANY(%s))", person.companies.ids)
        if "pool_id" in model._fields:
            return SQL("(pool_id IS NULL OR pool_id = ANY(%s))", person.customers.pool_id.ids)
        return SQL("TRUE")

    @api.model
    def _get_columns(self, model, names):
        """Return those of the columns that the database has; attachments are none."""
        return [
            name for name in names if (field := model._fields[name]).store and field.column_type
        ]
