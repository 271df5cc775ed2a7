"""An action reads and writes in the scope of its actor, whoever calls it."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar, cast

from linli.foundation.access import Actor, acting_as

P = ParamSpec("P")
R = TypeVar("R")


def in_scope_of_actor(action: Callable[P, R]) -> Callable[P, R]:
    """For a function with a keyword `by`: within it, the database answers to that actor."""

    @wraps(action)
    def scoped(*args: P.args, **kwargs: P.kwargs) -> R:
        with acting_as(cast(Actor, kwargs["by"])):
            return action(*args, **kwargs)

    return scoped
