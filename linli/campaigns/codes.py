"""The codes by which households read what was collected at their doors: how one is made, typed and kept. Pure.

Sixty bits of chance, so nothing of a code follows from its door: of the 7.4 million codes of a whole city, a thousand addresses
that each try six a minute for thirty days find one with a chance of one in six hundred.
"""

import secrets
import unicodedata

from linli.foundation.privacy import keyed_hash

# Crockford's base 32: no letter that is taken for a digit when it is read out.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH, GROUP = 12, 4
_TAKEN_FOR = str.maketrans("OIL", "011")


def new_code() -> str:
    """Twelve letters, as they are printed: in groups of four."""
    letters = "".join(secrets.choice(ALPHABET) for _letter in range(LENGTH))
    return "-".join(letters[at : at + GROUP] for at in range(0, LENGTH, GROUP))


def read(typed: str) -> str:
    """The letters of a code however it was typed: small, wide, with blanks; empty where it can be none."""
    letters = "".join(sign for sign in unicodedata.normalize("NFKC", typed[:64]).upper() if sign.isalnum())
    letters = letters.translate(_TAKEN_FOR)
    return letters if len(letters) == LENGTH and set(letters) <= set(ALPHABET) else ""


def digest(letters: str) -> bytes:
    return keyed_hash(letters, "campaigns.door_code")
