"""Doors handed from phone to phone, without a network: what proves to the server who gave one. Pure.

Each member's phone takes a secret of theirs along with the doors. With it, it signs each door that it shows in a code; whoever scans the
code sends the signature with the visit. So nothing has to be told beforehand: the giver may never sync, and the order does not matter.

A signature says that a phone of that member gave the door away, and no more. When it was signed is not asked: phones' clocks may be
wrong. So the server asks of the visit itself (`actions/receiving.py`):

- the visitor is in a team of the same campaign, and is not the giver: nobody hands doors to themselves, from a team that they left;
- the giver was still in their team when the door was visited: what somebody who was taken out signs, or signed, counts no longer. Who
  falls ill hands over first and is taken out then: visits that were made before count, however late they arrive;
- the giver's team had the door when it was visited.

Any other is a visit to somebody else's door, and is set aside. Within these bounds the giver's phone signs for whomever it likes.
"""

import hmac
from base64 import urlsafe_b64encode
from uuid import UUID

# 96 bits: nobody can try signatures but by sending visits. The phone's code holds twenty of them.
PROOF_BYTES = 12


def proof(secret: bytes, campaign: UUID, door: UUID) -> str:
    """The signature of a door under a member's secret; the same as in web/islands/src/doors-hand.ts."""
    signed = hmac.digest(secret, f"{campaign}:{door}".encode(), "sha256")
    return urlsafe_b64encode(signed[:PROOF_BYTES]).decode()


def is_proven(said: str, secret: bytes, campaign: UUID, door: UUID) -> bool:
    return hmac.compare_digest(said.encode(), proof(secret, campaign, door).encode())
