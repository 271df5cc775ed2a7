"""A screening whose doors are taken along."""

import pytest
from django.contrib.staticfiles import finders
from stories.doors.phone import Campaigning, started
from stories.stage import Site
from stories.test_field import beside


@pytest.fixture
def campaigning(site: Site) -> Campaigning:
    """A screening of two buildings with one team, in which a member of the public without any post is."""
    if finders.find("web/built/doors.js") is None:
        pytest.skip("the islands are not built: scripts/islands")
    return beside(lambda: started(site))
