from . import (
    channel,
    channel_inbound,
    channel_token,
    conversation,
    conversation_send,
    customer,
    discuss_channel,
    identity,
    interaction,
    message_link,
    outbox,
    webhook_event,
)
