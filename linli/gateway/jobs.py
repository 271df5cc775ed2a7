"""Work of the gateway that waits: deliveries to webhooks, messages to phones, and forgetting both."""

from datetime import timedelta
from uuid import UUID

from linli.foundation import clock
from linli.foundation.jobs import job
from linli.gateway import actions, news
from linli.gateway.models import Delivery, OutgoingMessage

KEEP_DELIVERIES = timedelta(days=30)
KEEP_OUTGOING = timedelta(days=30)


@job("gateway.deliver")
def deliver(delivery: str) -> None:
    """One attempt at a webhook. What fails is planned anew on its row, and `repeat` comes back to it."""
    actions.deliver(delivery_id=UUID(delivery))


@job("gateway.send")
def send(message: str) -> None:
    """One attempt at a text or WeChat message."""
    actions.send_message(message_id=UUID(message))


@job("gateway.publish")
def publish(announcement: str) -> None:
    """Send an announcement to those who were not told yet."""
    news.send(UUID(announcement))


@job("gateway.repeat", every="* * * * *")
def repeat() -> None:
    """Each minute: set to work what is due, now or again, and what a stopped worker left behind."""
    actions.deliver_due()
    actions.gather_digests()
    actions.send_due()
    actions.publish_due()


@job("gateway.forget", every="40 19 * * *")
def forget() -> None:
    """At 03:40 in Shanghai: forget old deliveries, and the recipients and words of old messages."""
    Delivery.objects.filter(ended_at__lt=clock.now() - KEEP_DELIVERIES).delete()
    OutgoingMessage.objects.filter(created_at__lt=clock.now() - KEEP_OUTGOING).delete()
