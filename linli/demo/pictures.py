"""Photos for the demo, drawn: a street or a yard, the trouble in it, and the same place when it is done."""

import random
from functools import cache
from io import BytesIO

from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFilter

SIZE = (640, 480)
VARIANTS = 3
Draw = ImageDraw.ImageDraw


def photo(scene: str, variant: int, *, done: bool) -> SimpleUploadedFile:
    """A JPEG as a phone would send it, before or after the work."""
    name = f"{scene}-{'done' if done else 'found'}.jpg"
    return SimpleUploadedFile(name, _jpeg(scene, variant % VARIANTS, done), "image/jpeg")


@cache
def _jpeg(scene: str, variant: int, done: bool) -> bytes:
    # The place depends on scene and variant only, so that the photo afterwards shows the same place.
    rng = random.Random(f"{scene}{variant}")
    image = Image.new("RGB", SIZE)
    draw = ImageDraw.Draw(image)
    _place(draw, rng)
    trouble = _TROUBLES.get(scene)
    if trouble is not None:
        trouble(draw, rng, done)
    image = image.filter(ImageFilter.GaussianBlur(0.8))
    out = BytesIO()
    image.save(out, "JPEG", quality=80)
    return out.getvalue()


def _place(draw: Draw, rng: random.Random) -> None:
    """Sky, two houses with windows, pavement and road."""
    width, height = SIZE
    sky = rng.choice([(196, 214, 226), (214, 214, 208), (176, 205, 232)])
    draw.rectangle((0, 0, width, 300), fill=sky)
    left = 0
    while left < width:
        wide, top = rng.randint(150, 260), rng.randint(30, 130)
        wall = rng.choice([(188, 172, 150), (170, 150, 132), (203, 196, 184), (150, 160, 165)])
        draw.rectangle((left, top, left + wide, 300), fill=wall)
        for x in range(left + 16, left + wide - 24, 38):
            for y in range(top + 18, 270, 46):
                glass = rng.choice([(92, 108, 122), (120, 136, 148), (214, 198, 140)])
                draw.rectangle((x, y, x + 20, y + 26), fill=glass, outline=(90, 84, 78))
        left += wide
    draw.rectangle((0, 300, width, 360), fill=(176, 172, 166))
    for x in range(0, width, 40):
        draw.line((x, 300, x - 18, 360), fill=(158, 154, 148))
    draw.rectangle((0, 360, width, height), fill=(96, 98, 102))
    for x in range(20, width, 120):
        draw.rectangle((x, 424, x + 60, 430), fill=(222, 220, 212))


def _car(draw: Draw, rng: random.Random, done: bool) -> None:
    if done:
        draw.rectangle((60, 352, 600, 358), fill=(228, 190, 40))
        return
    for x in (70, 300):
        color = rng.choice([(170, 40, 36), (236, 236, 232), (40, 56, 90)])
        draw.rounded_rectangle((x, 300, x + 200, 352), 14, fill=color)
        draw.rounded_rectangle((x + 40, 268, x + 160, 306), 12, fill=color)
        draw.rectangle((x + 52, 276, x + 148, 300), fill=(60, 72, 84))
        for wheel in (x + 30, x + 146):
            draw.ellipse((wheel, 334, wheel + 34, 368), fill=(28, 28, 30))


def _rubbish(draw: Draw, rng: random.Random, done: bool) -> None:
    draw.rounded_rectangle((470, 250, 540, 340), 8, fill=(36, 110, 70))
    if done:
        return
    for _ in range(26):
        x, y, size = rng.randint(180, 470), rng.randint(290, 350), rng.randint(16, 44)
        color = rng.choice([(32, 32, 36), (220, 220, 214), (150, 110, 70), (70, 90, 130), (180, 60, 50)])
        draw.ellipse((x, y, x + size, y + size * 0.8), fill=color)


def _lamp(draw: Draw, rng: random.Random, done: bool) -> None:
    draw.rectangle((0, 0, *SIZE), fill=(18, 22, 36) if not done else (40, 46, 66))
    draw.rectangle((312, 120, 322, 360), fill=(120, 122, 126))
    draw.line((317, 122, 380, 110), fill=(120, 122, 126), width=8)
    if done:
        draw.polygon([(380, 118), (250, 400), (520, 400)], fill=(206, 184, 112))
        draw.ellipse((366, 104, 396, 122), fill=(255, 244, 200))


def _water(draw: Draw, rng: random.Random, done: bool) -> None:
    if done:
        draw.rectangle((280, 372, 360, 400), fill=(60, 60, 64))
        for x in range(288, 356, 10):
            draw.line((x, 374, x, 398), fill=(20, 20, 22), width=3)
        return
    draw.ellipse((90, 340, 560, 460), fill=(120, 134, 142))
    draw.ellipse((150, 360, 480, 430), fill=(146, 162, 172))


def _road(draw: Draw, rng: random.Random, done: bool) -> None:
    if done:
        draw.rectangle((250, 385, 400, 440), fill=(62, 63, 66))
        return
    draw.ellipse((250, 385, 400, 440), fill=(34, 32, 30))
    draw.arc((246, 380, 404, 446), 0, 360, fill=(140, 120, 96), width=6)


def _boxes(draw: Draw, rng: random.Random, done: bool) -> None:
    draw.rectangle((0, 0, *SIZE), fill=(196, 190, 180))
    for step in range(8):
        draw.rectangle((340 - step * 22, 440 - step * 40, 640, 480 - step * 40), fill=(160 - step * 6,) * 3)
    if done:
        return
    for _ in range(9):
        x, y, size = rng.randint(40, 330), rng.randint(240, 400), rng.randint(50, 100)
        draw.rectangle((x, y, x + size, y + size * 0.7), fill=(176, 136, 88), outline=(120, 90, 56), width=3)


def _shop(draw: Draw, rng: random.Random, done: bool) -> None:
    draw.rectangle((120, 170, 520, 300), fill=(150, 60, 44))
    draw.rectangle((150, 210, 490, 300), fill=(250, 236, 200))
    draw.rectangle((120, 150, 520, 186), fill=(196, 40, 36))
    if done:
        return
    for x in (140, 260, 380):
        draw.rectangle((x, 318, x + 80, 330), fill=(150, 104, 60))
        draw.line((x + 10, 330, x + 10, 356), fill=(90, 60, 36), width=5)
        draw.line((x + 70, 330, x + 70, 356), fill=(90, 60, 36), width=5)


def _bikes(draw: Draw, rng: random.Random, done: bool) -> None:
    if done:
        draw.rectangle((60, 306, 580, 352), outline=(240, 240, 236), width=4)
    for number in range(6 if done else 16):
        x = 80 + number * 84 if done else rng.randint(60, 540)
        y = 318 if done else rng.randint(300, 340)
        color = rng.choice([(60, 150, 210), (240, 190, 40), (70, 160, 90)])
        draw.ellipse((x, y, x + 26, y + 26), outline=(30, 30, 30), width=3)
        draw.ellipse((x + 36, y, x + 62, y + 26), outline=(30, 30, 30), width=3)
        draw.line((x + 13, y + 13, x + 31, y - 8, x + 49, y + 13), fill=color, width=5)


def _cable(draw: Draw, rng: random.Random, done: bool) -> None:
    if not done:
        draw.line((300, 90, 296, 180, 312, 260, 330, 330), fill=(20, 20, 20), width=4)
    draw.rounded_rectangle((316, 316, 410, 346), 8, fill=(40, 90, 60))
    for wheel in (322, 384):
        draw.ellipse((wheel, 334, wheel + 28, 362), fill=(24, 24, 26))


def _tree(draw: Draw, rng: random.Random, done: bool) -> None:
    draw.rectangle((300, 180, 326, 360), fill=(96, 70, 48))
    reach = 60 if done else 130
    for _ in range(24):
        x, y = 313 + rng.randint(-reach, reach), 150 + rng.randint(-70, 60)
        draw.ellipse((x - 34, y - 28, x + 34, y + 28), fill=rng.choice([(52, 100, 56), (70, 124, 66), (44, 86, 50)]))


def _posters(draw: Draw, rng: random.Random, done: bool) -> None:
    draw.rectangle((80, 60, 560, 360), fill=(206, 200, 190))
    for _ in range(0 if done else 22):
        x, y = rng.randint(90, 500), rng.randint(70, 310)
        draw.rectangle((x, y, x + 48, y + 34), fill=rng.choice([(240, 236, 200), (236, 210, 210), (210, 226, 240)]))
        for line in range(3):
            draw.line((x + 6, y + 8 + line * 8, x + 40, y + 8 + line * 8), fill=(60, 60, 70), width=2)


_TROUBLES = {
    "car": _car, "rubbish": _rubbish, "lamp": _lamp, "water": _water, "road": _road, "stairwell": _boxes, "shop": _shop,
    "noise": _shop, "bike": _bikes, "cable": _cable, "tree": _tree, "poster": _posters, "lift": _boxes,
}  # fmt: skip
