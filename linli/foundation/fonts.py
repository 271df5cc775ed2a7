"""The fonts that a PDF in Chinese is written with. They are the system's: 20 MB each, under the Open Font License."""

from pathlib import Path

from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError

# Where Debian and Ubuntu, Fedora, Arch and Alpine keep the collection.
FOLDERS = (
    Path("/usr/share/fonts/opentype/noto"),
    Path("/usr/share/fonts/google-noto-sans-cjk-fonts"),
    Path("/usr/share/fonts/noto-cjk"),
    Path("/usr/share/fonts/noto"),
)
# The simplified Chinese shapes are the third face of it, after the Japanese and the Korean ones.
SIMPLIFIED = 2


class NoFonts(DomainError):
    code = "no_fonts"
    status = 503
    message = _(
        "No PDF can be written here: Noto Sans CJK is missing. Install it on the server (Debian, Ubuntu: fonts-noto-cjk; Fedora: "
        "google-noto-sans-cjk-fonts), or print the page itself, as paper or as PDF."
    )


def noto() -> tuple[Path, Path] | None:
    """Noto Sans CJK, regular and bold; None where it is not installed."""
    for folder in FOLDERS:
        regular, bold = folder / "NotoSansCJK-Regular.ttc", folder / "NotoSansCJK-Bold.ttc"
        if regular.exists() and bold.exists():
            return regular, bold
    return None
