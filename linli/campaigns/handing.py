"""Doors handed from phone to phone, without a network: what proves to the server who gave one. Pure.

Each member's phone takes a secret of theirs along with the doors. With it, it signs each door that it shows in a code; whoever scans the
code sends the signature with the visit. So nothing has to be told beforehand: the giver may never sync, and the order does not matter.

A signature says that a phone of that member gave the door away, and no more. The server asks besides that the member's team had the door
when it was visited, and that the visitor is in a team of the same campaign: what a forged one could do at most is a visit that is set
aside. When it was signed is not asked, for both clocks may be wrong, and somebody who falls ill hands over first and is taken out then.
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
