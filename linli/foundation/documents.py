"""Documents: PDF, XLSX and DOCX, known by their content. They are kept as sent and handed out as downloads only."""

import zipfile
from io import BytesIO

HEAD_BYTES = 64
PDF = "application/pdf"
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
ENDINGS = {PDF: ".pdf", XLSX: ".xlsx", DOCX: ".docx"}
MAX_UNPACKED = 300 * 1024 * 1024
MAX_MEMBERS = 5000
# With these bytes the entry of each member begins in an archive's list (PKWARE's APPNOTE, 4.3.12).
_MEMBER = b"PK\x01\x02"


class DocumentRefused(ValueError):
    """A kind of document that is not taken: another archive, or one with macros."""


class DocumentDamaged(ValueError):
    """Begins as a document that is taken, and is not a whole one."""


def recognise(start: bytes) -> bool:
    return start.startswith((b"%PDF-", b"PK\x03\x04"))


def check(content: bytes) -> str:
    """The media type of a document. Raises DocumentRefused, DocumentDamaged."""
    if content.startswith(b"%PDF-"):
        if b"%%EOF" not in content[-2048:]:
            raise DocumentDamaged("no end of file")
        return PDF
    # Before they are read: their list alone could keep a core busy for seconds.
    if content.count(_MEMBER) > MAX_MEMBERS:
        raise DocumentRefused("too many members")
    try:
        with zipfile.ZipFile(BytesIO(content)) as archive:
            return _office(archive)
    except (zipfile.BadZipFile, EOFError, NotImplementedError, UnicodeDecodeError, OverflowError) as error:
        raise DocumentDamaged(str(error)) from error


def _office(archive: zipfile.ZipFile) -> str:
    members = archive.infolist()
    names = {member.filename for member in members}
    if "[Content_Types].xml" not in names or any("vbaproject" in name.lower() for name in names):
        raise DocumentRefused("not an office document, or one with macros")
    # A bomb would harm whoever opens it.
    if sum(member.file_size for member in members) > MAX_UNPACKED:
        raise DocumentRefused("unpacks to too much")
    if "xl/workbook.xml" in names:
        return XLSX
    if "word/document.xml" in names:
        return DOCX
    raise DocumentRefused("another kind of office document")
