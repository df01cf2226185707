from . import test_access
from . import test_ticket_settlement
from . import test_claim_disputes
from . import test_claim_race
from . import test_claims
