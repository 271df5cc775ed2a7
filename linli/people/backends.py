"""Loads the signed-in person for Django's sessions. How one signs in is in `actions`: this opens no door."""

from typing import Any
from uuid import UUID

from django.contrib.auth.backends import BaseBackend

from linli.people import queries
from linli.people.models import Person


class PersonBackend(BaseBackend):
    def get_user(self, user_id: Any) -> Person | None:
        """The active person with this id and their posts, read as themselves: nobody else acts yet when a session is opened."""
        return queries.account(UUID(str(user_id)))
