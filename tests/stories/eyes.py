"""What is seen of a page: its faults at the sizes of a phone, of a tablet held upright and across, and of a desktop; and its pictures."""

import os
from dataclasses import dataclass, field
from pathlib import Path

from bars.test_accessibility import violations
from factories.world import HERE
from playwright.sync_api import Browser, Page

from linli.people.models import Person as Account
from stories.browser import DESKTOP, PHONE, Person
from stories.stage import Site, session_of

FAULTS = (Path(__file__).parent / "faults.js").read_text()
# What is held in the hand can be turned and comes in several sizes; both are pressed by a finger. The first is where the work is done.
SIZES = {
    "finger": {"phone": (390, 844), "tablet": (820, 1180), "across": (1180, 820)},
    "mouse": {"desktop": (1440, 900)},
}
LEAST = 44
SETTLED_MS = 1000
AT = {"geolocation": {"longitude": HERE[0], "latitude": HERE[1]}, "permissions": ["geolocation"]}


def keep_picture(page: Page, name: str, *, whole: bool = False) -> None:
    """The page as it stands, in light and dark, in the folder LINLI_STORY_PICTURES; nothing where that is not set."""
    if folder := os.environ.get("LINLI_STORY_PICTURES"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        for scheme in ("dark", "light"):
            page.emulate_media(color_scheme=scheme)
            # A caret is hidden by a style that the page's policy forbids, which would count as a complaint.
            page.screenshot(path=Path(folder) / f"{name}-{scheme}.png", caret="initial", full_page=whole)


@dataclass
class Hand:
    """Somebody who works by finger or by mouse, and looks at each page in every size that this is done at."""

    person: Person
    kind: str
    role: str
    faults: list[str] = field(default_factory=list)

    @property
    def page(self) -> Page:
        return self.person.page

    def look(self, name: str) -> None:
        """Note what is wrong with the page as it stands, once all of it is there."""
        self.page.wait_for_load_state()
        before = list(self.person.complaints)
        for size, (width, height) in SIZES[self.kind].items():
            self.page.set_viewport_size({"width": width, "height": height})
            asked = {"width": width, "least": LEAST if self.kind == "finger" else 0}
            found = self.page.evaluate(FAULTS, asked)
            if found:
                # A chart that was turned is drawn anew a moment later.
                self.page.wait_for_timeout(SETTLED_MS)
                found = self.page.evaluate(FAULTS, asked)
            found += violations(self.page)
            self.faults += [f"{self.role}, {name}, {size}: {one}" for one in found]
            keep_picture(self.page, f"role-{self.role}-{name}-{size}")
        # What axe tries out on the page, the page's policy refuses: that is no complaint of the page's own.
        self.person.complaints[:] = before
        first = next(iter(SIZES[self.kind].values()))
        self.page.set_viewport_size({"width": first[0], "height": first[1]})


def hand(kind: str, role: str, browser: Browser, site: Site, account: Account | None = None) -> Hand:
    """`account` is signed in; without one it is whoever comes."""
    size = PHONE if kind == "finger" else DESKTOP
    # Colours and sheets stand still when they are looked at.
    person = Person(browser, site, reduced_motion="reduce", **size, **AT)
    if account:
        person.context.add_cookies([{"name": "sessionid", "value": session_of(account), "url": site.url}])
    return Hand(person, kind, role)
