"""A resident's report takes less than a minute, from opening the page to its number: photo first, on a poor phone and a poor network.

What the resident needs is computed, by the keystroke-level model (Card, Moran, Newell: The Keystroke-Level Model for User Performance Time
with Interactive Systems, CACM 23(7), 1980, whose values are for a desk and a mouse, not faster than a finger's):

- K 0.28 s, a key of an average typist who is no typist by trade (40 words a minute); a Chinese character is its pinyin, and every word
  one key more to choose it: the keys are counted here;
- P 1.10 s, pointing, and 0.20 s, pressing and letting go, for each tap;
- M 1.35 s, making up one's mind, before each step and before each sentence;
- reading, which the model leaves out: every label on the way, at 255 characters a minute (Trauzettel-Klosinski, Dietz: Standardized
  Assessment of Reading Performance, IOVS 53(9), 2012: Chinese, aloud);
- the camera, which is not this program's: 5 s to hold it there, and two taps, to take the photo and to keep it.

How long the machine lets the resident wait is measured; the photo goes on its way while the resident writes, and only what it takes
longer counts. That the machine is busy with other tests makes no story fail: what counts into the minute is MACHINE_SECONDS, and only
several times as much is a failure.
"""

import re
from dataclasses import dataclass, field
from io import BytesIO
from time import monotonic

import pytest
from factories.world import HERE
from PIL import Image, ImageFilter
from playwright.sync_api import Browser, Locator, Page, expect

from bench._wire import weighed
from stories.browser import Person
from stories.eyes import keep_picture
from stories.stage import Site

pytestmark = [pytest.mark.browser, pytest.mark.slow]

KEY, POINT, PRESS, MIND = 0.28, 1.10, 0.20, 1.35
CHARACTERS_A_SECOND = 255 / 60
HOLD_THE_CAMERA, TAPS_OF_THE_CAMERA = 5.0, 2
MINUTE, MACHINE_SECONDS, BUSY = 60, 10, 6
MOST_TAPS = 8
SAID = "门口垃圾堆了三天"
# Each word as it is typed, and the key that chooses it.
PINYIN = ["menkou", "laji", "dui", "le", "santian"]


@dataclass
class Resident:
    """Counts what somebody at a page does, and how long the page lets them wait."""

    page: Page
    taps: int = 0
    keys: int = 0
    minds: int = 0
    read: list[str] = field(default_factory=list)
    waited: dict[str, float] = field(default_factory=dict)

    def reads(self, *shown: Locator) -> None:
        self.read += [one.inner_text().strip() for one in shown]

    def decides(self) -> None:
        self.minds += 1

    def taps_on(self, one: Locator) -> None:
        self.decides()
        self.taps += 1
        one.click()

    def waits(self, what: str, shown: Locator, since: float) -> None:
        expect(shown).to_be_visible()
        self.waited[what] = monotonic() - since

    @property
    def seconds(self) -> float:
        reading = len(re.sub(r"\s", "", "".join(self.read))) / CHARACTERS_A_SECOND
        return self.taps * (POINT + PRESS) + self.keys * KEY + self.minds * MIND + reading + HOLD_THE_CAMERA


def photo_of_a_phone() -> dict[str, object]:
    """8 megapixels with some grain, as a street has."""
    grain = Image.effect_noise((3264, 2448), 40).filter(ImageFilter.GaussianBlur(1.5))
    out = BytesIO()
    Image.merge("RGB", (grain, grain, grain)).save(out, "JPEG", quality=85)
    return {"name": "IMG_1.jpg", "mimeType": "image/jpeg", "buffer": out.getvalue()}


def test_a_report_takes_less_than_a_minute(site: Site, browser: Browser) -> None:
    at = {"longitude": HERE[0], "latitude": HERE[1]}
    person = Person(browser, site, phone=True, geolocation=at, permissions=["geolocation"])
    page, taken = person.open("about:blank"), photo_of_a_phone()
    resident = Resident(page)
    with weighed(page, slow=True):
        began = monotonic()
        page.goto("/report/")
        camera = page.locator(".photo-choice.main")
        resident.waits("page", camera, began)

        resident.reads(page.locator("h1"), camera)
        began = monotonic()
        with page.expect_file_chooser() as chooser:
            resident.taps_on(camera)
        resident.taps += TAPS_OF_THE_CAMERA
        resident.minds += TAPS_OF_THE_CAMERA
        chooser.value.set_files(taken)  # type: ignore[arg-type]
        resident.waits("photo", page.locator("#kept-photos img"), began)

        resident.reads(page.locator("label[for=id_description]"))
        resident.taps_on(page.locator("#id_description"))
        resident.decides()
        resident.keys += sum(len(word) + 1 for word in PINYIN)
        writing = POINT + PRESS + 2 * MIND + resident.keys * KEY
        resident.waited["photo"] = max(resident.waited["photo"] - writing, 0)
        page.keyboard.insert_text(SAID)

        mine = page.locator("[data-position]").first
        resident.reads(mine)
        began = monotonic()
        resident.taps_on(mine)
        place = page.locator("#place", has_text="水碾河")
        resident.waits("position", place, began)
        resident.reads(place)

        # Suggested by the words, chosen already or at a tap.
        suggested = page.locator("label.choice:has([name=class_code][value='0101'])")
        began = monotonic()
        resident.waits("class", suggested, began)
        resident.reads(suggested)
        if not suggested.locator("input").is_checked():
            resident.taps_on(suggested)

        send = page.locator("#report .send-bar button")
        resident.reads(send)
        began = monotonic()
        resident.taps_on(send)
        page.wait_for_url("**/track/**")
        number = page.get_by_text("您的案卷编号是").first
        resident.waits("number", number, began)
        resident.reads(number)
    keep_picture(page, "report-in-a-minute")

    machine = sum(resident.waited.values())
    print(
        f"\n{resident.seconds:.1f} s of a resident ({resident.taps} taps, {resident.keys} keys), {machine:.1f} s of the machine:"
    )
    print({what: round(seconds, 1) for what, seconds in resident.waited.items()})
    assert resident.taps <= MOST_TAPS
    assert resident.seconds + MACHINE_SECONDS < MINUTE
    assert machine < MACHINE_SECONDS * BUSY
    assert person.complaints == []
