"""A report as a PDF on A4: text that can be searched, in the system's Noto Sans CJK of which only the used glyphs are embedded."""

from collections.abc import Sequence
from typing import Any

from django.utils.translation import get_language
from fpdf import FPDF
from fpdf.enums import TableBordersLayout, WrapMode
from fpdf.fonts import FontFace

from linli.foundation import fonts
from linli.foundation.fonts import NoFonts
from linli.foundation.report_table import Table

FAMILY = "noto"
MARGIN, SMALL, USUAL, LARGE, TITLE = 16, 8, 9, 12, 18
SOFT, LINE = (90, 100, 95), (190, 198, 194)


class _Paper(FPDF):
    below = ""

    def footer(self) -> None:
        self.set_y(-MARGIN + 4)
        self.set_font(FAMILY, size=SMALL)
        self.set_text_color(*SOFT)
        self.cell(text=self.below)
        self.cell(w=0, text=f"{self.page_no()} / {{nb}}", align="R")


def written(*, title: str, below: str, tables: Sequence[Table]) -> bytes:
    """Raises NoFonts."""
    found = fonts.noto()
    if found is None:
        raise NoFonts
    paper = _Paper(format="A4")
    paper.set_margin(MARGIN)
    paper.set_auto_page_break(True, MARGIN)
    for style, path in zip(("", "B"), found, strict=True):
        paper.add_font(FAMILY, style, path, collection_font_number=fonts.SIMPLIFIED)
    paper.set_draw_color(*LINE)
    paper.set_line_width(0.2)
    paper.set_title(title)
    paper.below = title
    paper.add_page()
    _line(paper, title, TITLE, "B")
    _line(paper, below, USUAL, soft=True)
    for table in tables:
        _write(paper, table)
    return bytes(paper.output())


def _write(paper: FPDF, table: Table) -> None:
    # A title never stands alone at the foot of a page.
    if paper.will_page_break(30):
        paper.add_page()
    paper.ln(5)
    _line(paper, table.title, LARGE, "B")
    if table.note or not table.rows:
        _line(paper, table.note if table.rows else table.none, SMALL, soft=True)
    if not table.rows:
        return
    paper.set_font(FAMILY, size=USUAL)
    paper.set_text_color(0)
    others = len(table.columns) - 1
    with paper.table(
        borders_layout=TableBordersLayout.HORIZONTAL_LINES,
        col_widths=tuple(table.widths) or (2, *[1] * others),
        text_align=("LEFT", *["RIGHT" if table.figures else "LEFT"] * others),
        headings_style=FontFace(emphasis="BOLD"),
        line_height=5.5,
        padding=(0.6, 1),
        wrapmode=WrapMode.WORD if get_language() == "en" else WrapMode.CHAR,
    ) as rows:
        rows.row(table.columns)
        for row in table.rows:
            rows.row([_text(cell) for cell in row])


def _line(paper: FPDF, text: str, size: int, style: str = "", soft: bool = False) -> None:
    paper.set_font(FAMILY, style, size)
    paper.set_text_color(*(SOFT if soft else (0, 0, 0)))
    paper.multi_cell(w=0, h=size * 0.55, text=text, new_x="LMARGIN", new_y="NEXT")


def _text(cell: Any) -> str:
    return str(cell["text"] if isinstance(cell, dict) else cell)
