"""The test kit of the suite: what every addon's tests begin with."""

import re
from contextlib import contextmanager
from unittest.mock import patch

from odoo import Command
from odoo.tests import TransactionCase, new_test_user
from odoo.tools import SQL

from odoo.addons.scrm_base.tools.handles import Handle, normalise_email, normalise_phone


@contextmanager
def unprotected(cr, *tables):
    """Let a test delete rows that are kept for ever, to clean up what it committed."""
    for table in tables:
        cr.execute(SQL("ALTER TABLE %s DISABLE TRIGGER scrm_append_only", SQL.identifier(table)))
    yield
    for table in tables:
        cr.execute(SQL("ALTER TABLE %s ENABLE TRIGGER scrm_append_only", SQL.identifier(table)))


class ScrmCase(TransactionCase):
    """Two companies in pools of their own, and short ways to people and customers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True, "lang": "en_US"})
        cls.pool, cls.pool_other = cls.env["scrm.pool"].create(
            [{"name": "Test pool"}, {"name": "Other test pool"}]
        )
        china = cls.env.ref("base.cn")
        cls.company, cls.company_other = cls.env["res.company"].create(
            [
                {"name": "Test company", "country_id": china.id, "scrm_pool_id": cls.pool.id},
                {
                    "name": "Other test company",
                    "country_id": china.id,
                    "scrm_pool_id": cls.pool_other.id,
                },
            ]
        )
        cls.env.user.write({"company_ids": [(4, cls.company.id), (4, cls.company_other.id)]})
        cls.env.user.company_id = cls.company

    @classmethod
    def _make_user(cls, login, *groups, company=None):
        """Return a user of one company (the test company by default) with these groups."""
        company = company or cls.company
        return new_test_user(
            cls.env,
            login=login,
            groups=",".join(groups or ("base.group_user",)),
            company_id=company.id,
            company_ids=[(6, 0, company.ids)],
        )

    @classmethod
    def _make_users(cls, prefix, groups):
        """Return {role: user}; a role whose name begins with "foreign" is of the other company.

        :param groups: {role: name of its group}
        """
        return {
            role: cls._make_user(
                f"{prefix}.{role}",
                group,
                company=cls.company_other if role.startswith("foreign") else None,
            )
            for role, group in groups.items()
        }

    @classmethod
    def _make_partner(cls, **vals):
        """Return a contact."""
        return cls.env["res.partner"].create({"name": "Contact", **vals})

    @classmethod
    def _make_identity(cls, id_type, value, name=None, scope=None, pool=None):
        """Return the identity of a handle, and with it its customer."""
        pool = pool or cls.pool
        handle = Handle(id_type, scope or pool._get_scope(), value)
        return cls.env["scrm.identity"]._resolve(handle, pool=pool, name=name)

    @classmethod
    def _make_customer(cls, name, phone=None, email=None):
        """Return a customer without a contact, known by phone and e-mail or else as a visitor."""
        handles = []
        if phone:
            handles.append(("phone", normalise_phone(phone)))
        if email:
            handles.append(("email", normalise_email(email)))
        handles = handles or [("visitor", f"visitor-of-{name}")]
        first, *others = [cls._make_identity(*handle, name=name) for handle in handles]
        for other in others:
            first._attach(other, rule="import")
        return first.customer_id

    @classmethod
    def _open_shop(cls, price, quantity):
        """Let the test company keep accounts and sell a product that lies in its stock.

        :return: product.product, untaxed and invoiced when ordered
        """
        cls.env["account.chart.template"].try_loading("cn", company=cls.company, install_demo=False)
        warehouse = cls.env["stock.warehouse"].search(
            [("company_id", "=", cls.company.id)], limit=1
        )
        product = cls.env["product.product"].create(
            {
                "name": "厨下净水机",
                "type": "consu",
                "is_storable": True,
                "list_price": price,
                "invoice_policy": "order",
                "taxes_id": [Command.clear()],
            }
        )
        cls.env["stock.quant"]._update_available_quantity(product, warehouse.lot_stock_id, quantity)
        return product

    def _run_outbox(self):
        """Deliver what is queued, as the job would."""
        rows = self.env["scrm.outbox"].search([("state", "=", "queued")], order="id")
        for row in rows:
            row._deliver()
        return rows

    def _find_traces(self, *traces):
        """Return (model, column, text) wherever a text stands in the tables of the suite."""
        self.env.flush_all()
        found = []
        for name, model in self.env.registry.items():
            if model._abstract or not (model._original_module or "").startswith("scrm_"):
                continue
            self.env.cr.execute(
                "SELECT column_name FROM information_schema.columns WHERE table_name = %s"
                " AND data_type IN ('character varying', 'text', 'jsonb', 'json', 'bytea')",
                [model._table],
            )
            for (column,) in self.env.cr.fetchall():
                for trace in traces:
                    self.env.cr.execute(
                        SQL(
                            "SELECT count(*) FROM %s WHERE %s::text ILIKE %s",
                            SQL.identifier(model._table),
                            SQL.identifier(column),
                            f"%{trace}%",
                        )
                    )
                    if self.env.cr.fetchone()[0]:
                        found.append((name, column, trace))
        return found

    def _check_handed_out(self, customer):
        """Erase a customer: what it changed was in their export, or it is said why not."""
        privacy = self.env["scrm.privacy"].with_company(self.company)
        sections = set(privacy._get_personal_data(customer))
        self.env.flush_all()
        touched = self._find_touched(lambda: privacy._erase(customer))
        withheld = privacy._get_withheld()
        silent = {
            name
            for name in touched - set(withheld)
            if self.env["ir.model"]._get(name).name not in sections
        }
        self.assertTrue(touched - set(withheld))
        self.assertEqual(
            set(),
            silent,
            "The erasure takes these from a person, the export does not hand them out: add them"
            " to _get_core_records() of scrm.privacy, or to _get_withheld() with the reason.",
        )

    def _find_touched(self, act):
        """Return the models with texts whose rows an act changes or deletes."""
        tables, execute = set(), type(self.env.cr).execute

        def remember(cursor, query, *args, **kwargs):
            result = execute(cursor, query, *args, **kwargs)
            text = str(getattr(query, "code", query))
            if cursor.rowcount > 0 and re.match(r"\s*(UPDATE|DELETE FROM)\b", text):
                rendered = cursor.mogrify(query, *args).decode()
                tables.add(re.match(r'\s*(?:UPDATE|DELETE FROM) "?(\w+)', rendered)[1])
            return result

        with patch.object(type(self.env.cr), "execute", remember):
            act()
            self.env.flush_all()
        return {
            name
            for name, model in self.env.registry.items()
            if model._table in tables
            and not model._abstract
            and not model._transient
            and any(
                field.store and field.type in ("char", "text", "html", "json", "binary")
                for field in model._fields.values()
            )
        }
