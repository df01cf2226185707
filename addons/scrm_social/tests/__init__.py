from . import (
    test_access,
    test_customer_page,
    test_discuss_screen,
    test_erasure,
    test_inbound,
    test_neutralize,
    test_outbound,
    test_providers,
    test_race,
    test_recognition,
    test_token,
    test_webhook,
)
