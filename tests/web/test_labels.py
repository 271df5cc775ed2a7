"""Who acted, as timelines keep it and as readers of either language see it."""

import pytest
from django.utils import translation
from factories.world import World

from linli.foundation.access import ROLE_LABELS, Role
from linli.people import labels
from linli.territory import queries as territory

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("acting", [False, True])
@pytest.mark.parametrize("role", Role)
def test_a_post_is_said_in_the_reader_s_language(world: World, role: Role, acting: bool) -> None:
    unit = territory.unit(world.id("W"))
    with translation.override("zh-hans"):
        kept = labels.kept(unit.name, role, acting=acting)
        assert labels.said(kept) == kept
        assert kept.startswith(f"{unit.name} · {ROLE_LABELS[role]}")
        assert kept.endswith("（代行）") is acting
    with translation.override("en"):
        assert labels.kept(unit.name, role, acting=acting) == kept, "whoever writes it reads whatever language"
        ending = " (acting)" if acting else ""
        assert labels.said(kept) == f"{unit.name_in('en')} · {ROLE_LABELS[role]}{ending}"


def test_what_is_not_known_stays_as_it_was_written(world: World) -> None:
    with translation.override("en"):
        assert labels.said(labels.resident()) == "Resident"
        for label in ("", "replay", "市民热线", "某街道 · 巡查", "<b> · x", " · ", "（代行）"):
            assert labels.said(label) in (label, f"{label.removesuffix('（代行）')} (acting)")
        # A unit that is gone, in a role that there is.
        with translation.override("zh-hans"):
            desk = str(ROLE_LABELS[Role.DESK])
        assert labels.said(f"旧街道 · {desk}") == f"旧街道 · {ROLE_LABELS[Role.DESK]}"
