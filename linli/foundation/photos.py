"""Photos: read by content, bounded, turned upright, stripped by writing them anew as JPEG."""

import math
import os
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from threading import BoundedSemaphore
from typing import IO, Any

import pillow_heif
from PIL import ExifTags, Image, ImageFile

pillow_heif.register_heif_opener(thumbnails=False)

FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")
# Pixels. A JPEG is decoded at a fraction of its size where that is enough, so a 200-megapixel phone is welcome;
# the others are decoded whole.
MAX_PIXELS_JPEG = 220_000_000
MAX_PIXELS = 60_000_000
# No camera writes these: they are screenshots. 60 megapixels of one colour are a WebP of 2 KB and 1.1 GB of memory.
MAX_PIXELS_DRAWN = 30_000_000
MAX_SIDE = 2560
THUMBNAIL_SIDE = 480
QUALITY = 85
# Scans of a JPEG. A camera's have 1, progressive ones about 10. Each is a pass over the whole picture and may take 30 bytes of
# the file, so that 20 MB could keep a core busy for hours.
MAX_SCANS = 100
# Pieces of a JPEG's EXIF, of 64 KB each. A camera writes one; Pillow joins many in a time that grows with their square.
MAX_EXIF_PIECES = 20
MAX_EXIF_BYTES = 256 * 1024  # A JPEG's EXIF has 64 KB at most; more is not metadata.

# Pillow's own limit is applied here, by format.
Image.MAX_IMAGE_PIXELS = None
ImageFile.LOAD_TRUNCATED_IMAGES = False
# A decoded photo takes 4 bytes a pixel: not more at once than there are cores.
_decoding = BoundedSemaphore(max(os.cpu_count() or 1, 1))


class PhotoUnreadable(ValueError):
    """Not a photo that can be decoded within the limits."""


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo made harmless. `position` is (lon, lat) in WGS84 as the camera told it."""

    content: bytes
    thumbnail: bytes
    width: int
    height: int
    position: tuple[float, float] | None


def recognise(start: bytes) -> bool:
    """Whether the first bytes are those of a photo."""
    if start.startswith((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n")):
        return True
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return True
    return start[4:8] == b"ftyp" and start[8:12] in {b"heic", b"heix", b"heim", b"heis", b"mif1", b"hevc"}


def process(source: IO[bytes]) -> Photo:
    """Decode, shrink to 2560 pixels, turn upright, write anew. Raises PhotoUnreadable."""
    with _decoding:
        try:
            with warnings.catch_warnings():
                # Odd metadata makes Pillow warn; the picture decides.
                warnings.simplefilter("ignore")
                return _process(source)
        except PhotoUnreadable:
            raise
        except Exception as error:
            # Decoders of hostile bytes fail in every way there is: OSError, SyntaxError, struct.error, MemoryError …
            raise PhotoUnreadable(str(error)) from error


def _process(source: IO[bytes]) -> Photo:
    _check_jpeg(source)
    with Image.open(source, formats=FORMATS) as image:
        is_jpeg = image.format in {"JPEG", "MPO"}
        # A progressive JPEG is held whole in memory, at 6 bytes a pixel, before it can be made smaller.
        shrinks = is_jpeg and not image.info.get("progressive")
        drawn = image.format in {"PNG", "WEBP"}
        if image.width * image.height > (MAX_PIXELS_JPEG if shrinks else MAX_PIXELS_DRAWN if drawn else MAX_PIXELS):
            raise PhotoUnreadable(f"{image.width} x {image.height} pixels")
        exif = _exif(image)
        position = _position(exif)
        if is_jpeg:
            image.draft("RGB", (MAX_SIDE, MAX_SIDE))
        image.load()
        picture = _opaque(image)
    picture.thumbnail((MAX_SIDE, MAX_SIDE), Image.Resampling.BICUBIC, reducing_gap=1.5)
    picture = _upright(picture, exif)
    content = _encode(picture)
    width, height = picture.size
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE), Image.Resampling.BICUBIC, reducing_gap=2.0)
    return Photo(content, _encode(picture), width, height, position)


def _check_jpeg(source: IO[bytes]) -> None:
    """Count what a JPEG's decoder would go through one by one, before it does. Raises PhotoUnreadable."""
    content = source.read()
    source.seek(0)
    if not content.startswith(b"\xff\xd8"):
        return
    # The compressed data of a scan cannot hold the two bytes with which one begins.
    if content.count(b"\xff\xda") > MAX_SCANS:
        raise PhotoUnreadable("too many scans")
    if content.count(b"Exif\x00\x00") > MAX_EXIF_PIECES:
        raise PhotoUnreadable("too many pieces of metadata")


def _opaque(image: Image.Image) -> Image.Image:
    """In RGB, on white where it was transparent."""
    if image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info:
        layer = image.convert("RGBA")
        ground = Image.new("RGB", layer.size, "white")
        ground.paste(layer, mask=layer)
        return ground
    return image.convert("RGB")


def _exif(image: Image.Image) -> Image.Exif:
    """The metadata, or none where they are too large or broken: the picture counts without them."""
    if len(image.info.get("exif") or b"") > MAX_EXIF_BYTES:
        return Image.Exif()
    try:
        return image.getexif()
    except Exception:
        return Image.Exif()


def _upright(picture: Image.Image, exif: Image.Exif) -> Image.Image:
    turned = {
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_270,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_90,
    }.get(exif.get(ExifTags.Base.Orientation, 1))
    return picture if turned is None else picture.transpose(turned)


def _encode(picture: Image.Image) -> bytes:
    """As a JPEG of nothing but the picture."""
    out = BytesIO()
    picture.info.clear()
    picture.save(out, "JPEG", quality=QUALITY)
    return out.getvalue()


def _position(exif: Image.Exif) -> tuple[float, float] | None:
    try:
        gps = exif.get_ifd(ExifTags.IFD.GPSInfo)
        lat = _degrees(gps, ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "S")
        lon = _degrees(gps, ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "W")
    except Exception:
        # A broken position is no position.
        return None
    # Cameras without a fix write zeros.
    if not (math.isfinite(lon) and math.isfinite(lat)) or abs(lon) > 180 or abs(lat) > 90 or (lon, lat) == (0, 0):
        return None
    return lon, lat


def _degrees(gps: Mapping[int, Any], value: int, reference: int, negative: str) -> float:
    degrees, minutes, seconds = (float(part) for part in gps[value])
    angle = degrees + minutes / 60 + seconds / 3600
    return -angle if str(gps.get(reference, "")).strip("\0 ").upper() == negative else angle
