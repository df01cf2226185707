"""Who may call the public methods of an addon: the test kit's part for its access test."""

import contextlib
import re

from odoo.exceptions import UserError
from odoo.models import BaseModel
from odoo.service.model import call_kw
from odoo.tools import mute_logger

MISSING = 987654321


class Undo(Exception):
    """Take back what a call has done."""


class MethodAccessMixin:
    """Calls every public method as every role: over RPC anybody with a login calls any of them.

    The case has ``users`` ({role: user}) and ``records`` ({model: one record}).
    """

    _addon = None
    #: {model: {method: roles}}: what these change is changed by their roles alone
    _changing = {}
    #: {model: methods} that change nothing, and tell nothing to who may not read the record
    _showing = {}
    #: {model: methods} of core, with core's rights: what is added to them has its own tests
    _of_core = {}
    #: {(model, method): arguments after the ids}
    _arguments = {}
    _strangers = ()
    _owner = "manager"  # who may read every record

    def _as(self, record, role):
        """Return the record as the user sees it from their own company."""
        user = self.users[role]
        return record.with_user(user).with_context(allowed_company_ids=user.company_ids.ids)

    def _find_record(self, name):
        return self.records[name].sudo()

    def _prepare_call(self, name, method):
        """Bring the record to where the method applies; undone after the call."""

    def _call(self, name, method, role, res_id=None, readonly=False):
        """Call a method as RPC does and take back what it did; return its answer."""
        model = self._as(self.env[name], role)
        is_of_model = getattr(getattr(type(model), method), "_api_model", False)
        args = [] if is_of_model else [[res_id or self._find_record(name).id]]
        context = {"context": dict(model.env.context)}
        answer = None
        try:
            with self.env.cr.savepoint():
                if readonly:
                    self.env.cr.execute("SET TRANSACTION READ ONLY")
                else:
                    self._prepare_call(name, method)
                    self.env.flush_all()
                    self.env.invalidate_all()
                args += self._arguments.get((name, method), [])
                answer = call_kw(model, method, args, context)
                self.env.flush_all()
                raise Undo
        except Undo:
            return answer
        finally:
            self.env.invalidate_all()

    def test_every_public_method_is_listed(self):
        found = {}
        for name, model in self.env.items():
            methods = {
                key
                for parent in type(model).__mro__
                if parent.__module__.startswith(f"odoo.addons.{self._addon}.")
                for key, value in vars(parent).items()
                if callable(value) and not isinstance(value, type)
            }
            public = {key for key in methods if key[0] != "_" and not hasattr(BaseModel, key)}
            if public and not model._abstract:
                found[name] = public
        listed = {}
        for table in (self._changing, self._showing, self._of_core):
            for name, methods in table.items():
                listed[name] = listed.get(name, set()) | set(methods)
        self.assertEqual(
            {},
            {
                name: found[name] ^ listed.get(name, set())
                for name in found
                if found[name] != listed.get(name)
            },
        )
        self.assertEqual(set(), listed.keys() - found.keys())

    def test_others_change_nothing(self):
        for name, methods in self._changing.items():
            for method, users in methods.items():
                for role in self.users.keys() - users:
                    with (
                        self.subTest(model=name, method=method, role=role),
                        self.assertRaises(UserError),
                    ):
                        self._call(name, method, role)

    def _assert_changing_is_possible(self):
        """Whoever may, can: so it was their rights that the others lacked."""
        for name, methods in self._changing.items():
            for method, users in methods.items():
                for role in users:
                    with self.subTest(model=name, method=method, role=role):
                        self._call(name, method, role)

    @mute_logger("odoo.sql_db")
    def test_showing_changes_and_tells_nothing(self):
        for name, methods in self._showing.items():
            record = self._find_record(name)
            for method in methods if record else ():
                with (
                    self.subTest(model=name, method=method, role=self._owner),
                    contextlib.suppress(UserError),  # there may be nothing to show
                ):
                    self._call(name, method, self._owner, readonly=True)
                for role in self._strangers:
                    if self._as(record, role).has_access("read"):
                        continue
                    with self.subTest(model=name, method=method, role=role):
                        self.assertEqual(
                            self._ask(name, method, role, MISSING),
                            self._ask(name, method, role, record.id),
                        )

    def _ask(self, name, method, role, res_id):
        """Return what somebody learns of a record, None if nothing."""
        try:
            answer = self._call(name, method, role, res_id, readonly=True)
        except UserError:
            return None
        # By chance the record's number may be that of a view as well
        numbers = re.compile(rf"\b({res_id}|{MISSING})\b")
        told = numbers.sub("ID", str(answer))
        blank = numbers.sub("ID", str(self._get_blank(name, method, role)))
        return None if told == blank else told

    def _get_blank(self, name, method, role):
        """Return the answer about a record that does not exist."""
        try:
            return self._call(name, method, role, MISSING, readonly=True)
        except UserError:
            return None
