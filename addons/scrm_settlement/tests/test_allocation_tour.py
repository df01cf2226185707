from odoo.tests import HttpCase, tagged

from .allocation_case import AllocationCase


@tagged("post_install", "-at_install")
class TestAllocationTour(HttpCase, AllocationCase):
    def test_the_workbench(self):
        self._stock(100)
        self.agent.name = "Tour agent"
        self.distributor.name = "Tour distributor"
        self.store.name = "Tour store"
        self.channel.lang = "en_US"
        moves = [
            self._order(dealer, quantity)
            for dealer, quantity in ((self.agent, 60), (self.distributor, 50), (self.store, 40))
        ]
        self.start_tour("/odoo", "scrm_allocation_workbench", login=self.channel.login)
        self.assertEqual([60, 35, 5], [move.quantity for move in moves])
