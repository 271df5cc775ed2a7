"""Files from outside: what is taken, what is refused, and what is left of it on disk."""

import io
import os
import struct
import time
import zipfile
import zlib
from datetime import timedelta
from pathlib import Path
from uuid import uuid4

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import RequestFactory
from PIL import ExifTags, Image

from linli.foundation import clock, documents, files, photos
from linli.foundation.access import ANONYMOUS, SYSTEM, Actor, ActorKind, acting_as
from linli.foundation.errors import NotFound
from linli.foundation.models import StoredFile

pytestmark = pytest.mark.django_db

PERSON = Actor(uuid4(), ActorKind.PERSON, "someone")


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path: Path):
    settings.LINLI_FILES = tmp_path / "files"
    with acting_as(PERSON):
        yield


def upload(content: bytes, name: str = "photo.jpg", content_type: str = "image/jpeg") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type)


def picture(size: tuple[int, int] = (640, 480), fmt: str = "JPEG", exif: Image.Exif | None = None, **options) -> bytes:
    out = io.BytesIO()
    image = Image.new("RGB", size, "red")
    image.paste("blue", (0, 0, size[0] // 2, size[1]))
    image.save(out, fmt, **({"exif": exif} if exif is not None else {}), **options)
    return out.getvalue()


def kept_picture(file: StoredFile, suffix: str = "") -> Image.Image:
    return Image.open(io.BytesIO(files.path_of(file.sha256, suffix).read_bytes()))


def exif(*, orientation: int = 1, gps: dict | None = None) -> Image.Exif:
    made = Image.Exif()
    made[ExifTags.Base.Orientation] = orientation
    made[ExifTags.Base.Model] = "Secret Phone 9"
    if gps:
        made.get_ifd(ExifTags.IFD.GPSInfo).update(gps)
        made._ifds[ExifTags.IFD.GPSInfo] = gps
    return made


CHENGDU = {1: "N", 2: (30.0, 39.0, 36.0), 3: "E", 4: (104.0, 6.0, 0.0)}


@pytest.mark.parametrize("fmt", ["JPEG", "PNG", "WEBP", "HEIF"])
def test_a_photo_of_each_kind_becomes_a_plain_jpeg_with_its_position_read(fmt: str) -> None:
    file = files.store(upload(picture(fmt=fmt, exif=exif(gps=CHENGDU))), by=PERSON)
    assert file.position == pytest.approx((104.1, 30.66))
    assert (file.kind, file.media_type, file.width, file.height) == ("photo", "image/jpeg", 640, 480)
    assert (file.uploaded_by, file.claim) == (PERSON.id, "")
    kept = files.path_of(file.sha256).read_bytes()
    assert len(kept) == file.size
    again = Image.open(io.BytesIO(kept))
    assert again.format == "JPEG"
    assert not again.getexif()
    assert b"Secret Phone" not in kept
    assert StoredFile.objects.get(pk=file.pk).position is None, "the position is not kept with the file"


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_photo_is_turned_upright(orientation: int) -> None:
    upright = Image.open(io.BytesIO(picture((64, 32))))
    back = {2: 2, 3: 3, 4: 4, 5: 5, 6: 8, 7: 7, 8: 6}
    turns = {2: 0, 3: 3, 4: 1, 5: 5, 6: 4, 7: 6, 8: 2}
    sent = upright if orientation == 1 else upright.transpose(Image.Transpose(turns[back[orientation]]))
    out = io.BytesIO()
    sent.save(out, "JPEG", exif=exif(orientation=orientation), quality=95)
    file = files.store(upload(out.getvalue()), by=PERSON)
    kept = kept_picture(file)
    assert kept.size == (64, 32)
    left, right = kept.getpixel((4, 16)), kept.getpixel((60, 16))
    assert left[2] > 200 > left[0], "blue is on the left again"
    assert right[0] > 200 > right[2], "and red on the right"


def test_a_large_photo_is_made_smaller_and_has_a_thumbnail() -> None:
    file = files.store(upload(picture((4000, 3000))), by=PERSON)
    assert (file.width, file.height) == (2560, 1920)
    assert kept_picture(file, files.THUMBNAIL).size == (480, 360)


def test_the_same_photo_twice_is_one_file_on_disk() -> None:
    first, second = (files.store(upload(picture()), by=PERSON) for _ in range(2))
    assert first.pk != second.pk
    assert bytes(first.sha256) == bytes(second.sha256)
    assert len(list(files.path_of(first.sha256).parent.iterdir())) == 2, "the photo and its thumbnail, no drafts"


def test_what_hides_behind_a_photo_does_not_survive() -> None:
    polyglot = picture() + b"PK\x03\x04<script>alert(1)</script>" + zlib.compress(b"payload")
    file = files.store(upload(polyglot), by=PERSON)
    kept = files.path_of(file.sha256).read_bytes()
    assert b"<script>" not in kept
    assert kept.endswith(b"\xff\xd9")


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"MZ\x90\x00" + bytes(1000), "holiday.jpg"),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "a.jpg"),
        (b"GIF89a" + bytes(100), "a.gif"),
        (b"<html><script>alert(1)</script></html>", "a.pdf"),
        (b"\x7fELF" + bytes(100), "a.docx"),
        (b"", "empty.jpg"),
        (b"\xff\xd8", "two bytes.jpg"),
    ],
)
def test_only_the_content_says_what_a_file_is(content: bytes, name: str) -> None:
    with pytest.raises(files.FileTypeRefused):
        files.store(upload(content, name), by=PERSON)
    assert not StoredFile.objects.exists()
    assert not list(Path(files.settings.LINLI_FILES).glob("??/*"))


def test_a_broken_photo_is_called_damaged() -> None:
    whole = picture((1000, 1000))
    for broken in (
        whole[: len(whole) // 2],
        whole[:20],
        b"\x89PNG\r\n\x1a\n" + bytes(50),
        b"RIFF\x00\x00\x00\x00WEBPVP8 ",
    ):
        with pytest.raises(files.FileDamaged):
            files.store(upload(broken), by=PERSON)


def _png(width: int, height: int, *chunks: tuple[bytes, bytes]) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes((3 * width + 1) * min(height, 100)))
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + b"".join(chunk(*c) for c in chunks)
        + chunk(b"IDAT", pixels)
        + chunk(b"IEND", b"")
    )


def test_a_small_file_that_unpacks_to_a_huge_picture_is_refused_before_it_does() -> None:
    bomb = _png(50_000, 50_000)
    assert len(bomb) < 100_000
    with pytest.raises(files.FileDamaged) as refused:
        files.store(upload(bomb), by=PERSON)
    assert str(refused.value.__cause__) == "50000 x 50000 pixels", "it was measured, not decoded"


def test_metadata_that_unpacks_to_too_much_is_refused() -> None:
    text = b"comment\x00\x00" + zlib.compress(bytes(80_000_000))
    with pytest.raises(files.FileDamaged):
        files.store(upload(_png(10, 10, (b"zTXt", text))), by=PERSON)


def test_metadata_in_ten_thousands_of_pieces_keeps_no_core_busy() -> None:
    """Pillow joins the pieces of a JPEG's EXIF by copying what it has: 20 MB of small ones took it minutes."""
    piece = b"Exif\x00\x00" + bytes(100)
    plain = picture()
    bomb = plain[:2] + (b"\xff\xe1" + struct.pack(">H", len(piece) + 2) + piece) * 60_000 + plain[2:]
    began = time.process_time()
    with pytest.raises(files.FileDamaged):
        files.store(upload(bomb), by=PERSON)
    assert time.process_time() - began < 2
    assert not StoredFile.objects.exists()


def test_overlong_or_broken_exif_is_dropped_and_the_picture_kept() -> None:
    plain = picture(fmt="PNG")
    chunk = b"Exif\x00\x00MM\x00*" + os.urandom(400_000)
    with_bomb = (
        plain[:33]
        + struct.pack(">I", len(chunk))
        + b"eXIf"
        + chunk
        + struct.pack(">I", zlib.crc32(b"eXIf" + chunk))
        + plain[33:]
    )
    file = files.store(upload(with_bomb), by=PERSON)
    assert file.position is None
    assert (file.width, file.height) == (640, 480)


@pytest.mark.parametrize(
    "gps",
    [
        {1: "N", 2: (0.0, 0.0, 0.0), 3: "E", 4: (0.0, 0.0, 0.0)},
        {1: "N", 2: (30.0, 39.0, 0.0)},
        {1: "N", 2: (95.0, 0.0, 0.0), 3: "E", 4: (104.0, 0.0, 0.0)},
    ],
)
def test_a_position_that_cannot_be_is_none(gps: dict) -> None:
    assert files.store(upload(picture(exif=exif(gps=gps))), by=PERSON).position is None


def test_south_and_west_are_negative() -> None:
    gps = {1: "S", 2: (33.0, 30.0, 0.0), 3: "W", 4: (70.0, 30.0, 0.0)}
    assert files.store(upload(picture(exif=exif(gps=gps))), by=PERSON).position == pytest.approx((-70.5, -33.5))


def test_only_the_first_picture_of_an_animation_is_kept() -> None:
    frames = [Image.new("RGB", (50, 50), colour) for colour in ("red", "green", "blue")]
    out = io.BytesIO()
    frames[0].save(out, "WEBP", save_all=True, append_images=frames[1:])
    file = files.store(upload(out.getvalue()), by=PERSON)
    assert getattr(kept_picture(file), "n_frames", 1) == 1


def test_transparent_parts_become_white() -> None:
    out = io.BytesIO()
    Image.new("RGBA", (20, 20), (0, 0, 0, 0)).save(out, "PNG")
    file = files.store(upload(out.getvalue()), by=PERSON)
    assert kept_picture(file).getpixel((5, 5)) == (255, 255, 255)


def xlsx() -> bytes:
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    return out.getvalue()


def archive(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in members.items():
            made.writestr(name, content)
    return out.getvalue()


DOCX = {"[Content_Types].xml": b"<Types/>", "word/document.xml": b"<w:document/>"}


@pytest.mark.parametrize(
    ("content", "media_type"),
    [
        (b"%PDF-1.7\n1 0 obj\n%%EOF\n", documents.PDF),
        (xlsx(), documents.XLSX),
        (archive(DOCX), documents.DOCX),
    ],
    # What an archive holds names its moment: two processes would name such a test differently.
    ids=["pdf", "xlsx", "docx"],
)
def test_documents_are_kept_as_they_are(content: bytes, media_type: str) -> None:
    file = files.store(upload(content, "Ledger.bin"), by=PERSON)
    assert (file.kind, file.media_type) == ("document", media_type)
    assert files.path_of(file.sha256).read_bytes() == content


@pytest.mark.parametrize(
    ("content", "error"),
    [
        (b"%PDF-1.7\n1 0 obj\n", files.FileDamaged),
        (archive(DOCX)[:60], files.FileDamaged),
        (archive({"a.txt": b"hello"}), files.FileTypeRefused),
        (archive(DOCX | {"word/vbaProject.bin": b"macro"}), files.FileTypeRefused),
        (archive(DOCX | {"word/media/a": bytes(documents.MAX_UNPACKED)}), files.FileTypeRefused),
    ],
    ids=["cut pdf", "cut archive", "archive", "macro", "bomb"],
)
def test_documents_that_are_broken_or_dangerous_are_not_kept(content: bytes, error: type[Exception]) -> None:
    with pytest.raises(error):
        files.store(upload(content), by=PERSON)


def test_an_archive_of_half_a_million_members_keeps_no_core_busy() -> None:
    """Of 47 bytes each, in 20 MB."""
    entry = struct.pack("<4s4B4HL2L5H2L", b"PK\x01\x02", 20, 0, 20, *[0] * 8, 1, *[0] * 6) + b"a"
    count = 440_000
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count % 65536, count % 65536, len(entry) * count, 30, 0)
    content = b"PK\x03\x04" + bytes(26) + entry * count + end
    began = time.process_time()
    with pytest.raises(files.FileTypeRefused):
        files.store(upload(content), by=PERSON)
    assert time.process_time() - began < 1


def test_too_large_is_said_with_the_limit() -> None:
    with pytest.raises(files.FileTooLarge) as refused:
        files.store(upload(bytes(files.MAX_BYTES + 1)), by=PERSON)
    assert "20 MB" in str(refused.value)
    assert refused.value.status == 413


def test_an_upload_is_not_taken_beyond_its_limit() -> None:
    boundary = (
        b'--xyz\r\nContent-Disposition: form-data; name="photo"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
    )
    body = boundary + bytes(50 * 1024 * 1024) + b"\r\n--xyz--\r\n"
    request = RequestFactory().generic("POST", "/", body, content_type="multipart/form-data; boundary=xyz")
    sent = request.FILES["photo"]
    assert sent.size == 50 * 1024 * 1024, "its size is known"
    assert os.path.getsize(sent.temporary_file_path()) <= files.MAX_BYTES, "the rest was let pass"
    with pytest.raises(files.FileTooLarge):
        files.store(sent, by=PERSON)
    request.close()


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\fotos\\路灯.jpg", "路灯.jpg"),
        ("a\x00b\r\nX-Evil: 1.jpg", "abX-Evil: 1.jpg"),
        ("", "file"),
        ("x" * 300 + ".jpg", "x" * 116 + ".jpg"),
    ],
)
def test_a_name_is_only_a_name(sent: str, kept: str) -> None:
    assert files.clean_name(sent) == kept


def test_a_photo_is_shown_and_a_document_only_downloaded() -> None:
    request = RequestFactory().get("/")
    photo = files.store(upload(picture(), "../路灯.png"), by=PERSON)
    shown = files.serve(request, photo)
    assert shown["Content-Type"] == "image/jpeg"
    assert shown["Content-Disposition"].startswith("inline")
    assert shown["X-Content-Type-Options"] == "nosniff"
    assert "private" in shown["Cache-Control"]
    assert "sandbox" in shown["Content-Security-Policy"]
    assert b"".join(shown.streaming_content) == files.path_of(photo.sha256).read_bytes()
    shown.file_to_stream.close()
    thumbnail = files.serve(request, photo, thumbnail=True)
    assert b"".join(thumbnail.streaming_content) == files.path_of(photo.sha256, files.THUMBNAIL).read_bytes()
    thumbnail.file_to_stream.close()
    document = files.store(upload(b"%PDF-1.7\n%%EOF", "a\r\nSet-Cookie: x=1.exe"), by=PERSON)
    sent = files.serve(request, document)
    assert sent["Content-Disposition"].startswith("attachment")
    assert "\n" not in sent["Content-Disposition"]
    assert ".exe" not in sent["Content-Disposition"]
    sent.file_to_stream.close()


def test_an_unchanged_file_is_not_sent_again() -> None:
    photo = files.store(upload(picture()), by=PERSON)
    first = files.serve(RequestFactory().get("/"), photo)
    first.file_to_stream.close()
    again = files.serve(RequestFactory().get("/", headers={"If-None-Match": first["ETag"]}), photo)
    assert again.status_code == 304


def test_a_file_missing_on_disk_is_not_found() -> None:
    photo = files.store(upload(picture()), by=PERSON)
    files.path_of(photo.sha256).unlink()
    with pytest.raises(NotFound):
        files.serve(RequestFactory().get("/"), photo)


def test_orphans_go_after_a_day_and_claimed_files_stay() -> None:
    claimed = files.store(upload(picture((100, 100))), by=PERSON)
    forgotten = files.store(upload(picture((200, 200))), by=PERSON)
    fresh = files.store(upload(picture((300, 300))), by=PERSON)
    with acting_as(SYSTEM):
        StoredFile.objects.filter(pk=claimed.pk).update(claim="case:1")
        day_before = clock.now() - files.ORPHAN_AGE - timedelta(minutes=1)
        StoredFile.objects.exclude(pk=fresh.pk).update(created_at=day_before)
        for path in Path(files.settings.LINLI_FILES).glob("??/*"):
            if not path.name.startswith(bytes(fresh.sha256).hex()):
                os.utime(path, (day_before.timestamp(), day_before.timestamp()))
        assert files.remove_orphans() == 2, "the photo and its thumbnail"
        assert set(StoredFile.objects.values_list("pk", flat=True)) == {claimed.pk, fresh.pk}
    assert files.path_of(claimed.sha256).exists()
    assert not files.path_of(forgotten.sha256).exists()
    assert files.path_of(fresh.sha256).exists()


def test_a_stranger_does_not_see_anothers_file() -> None:
    file = files.store(upload(picture()), by=PERSON)
    with acting_as(ANONYMOUS):
        assert not StoredFile.objects.filter(pk=file.pk).exists()


def test_every_decoder_error_is_a_refusal() -> None:
    whole = bytearray(picture((200, 200), exif=exif(gps=CHENGDU)))
    for position in range(0, len(whole), 37):
        damaged = bytes(whole[:position]) + b"\xff\x00\xfe" + bytes(whole[position + 3 :])
        try:
            photos.process(io.BytesIO(damaged))
        except photos.PhotoUnreadable:
            continue
