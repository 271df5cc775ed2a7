"""The columns of the tables that this room imports, and the reading of one cell: everything wrong is told by row."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from linli.duties.models import LIMIT_KINDS
from linli.foundation.errors import InvalidInput
from linli.foundation.tabular import ImportProblems, Row, is_code, is_one_line

Found = TypeVar("Found")
Text = str | Promise

ALIASES = {
    "序号": "number", "条款": "clause", "小类代码": "class", "类别代码": "class", "类别": "class", "单位代码": "unit",
    "区域代码": "unit", "责任主体": "body", "责任主体代码": "body", "主体代码": "body", "主协办": "role",
    "备注": "note",
    "任务": "item", "任务事项": "item", "重点事项": "item", "事项": "item", "事项英文": "item_en", "频次": "frequency",
    "时段起": "season_from", "时段止": "season_to", "代码": "code", "上级代码": "parent", "部件事件": "kind",
    "名称": "name", "英文名称": "name_en", "处置时限": "limit", "处置时限单位": "limit_kind", "响应时限": "response",
    "响应时限单位": "response_kind", "处置照片": "proof", "关键词": "keywords", "英文关键词": "keywords_en",
    "紧急电话": "emergency_number", "启用": "active",
}  # fmt: skip

DUTY_COLUMNS = ("number", "clause", "class", "unit", "body")
TASK_COLUMNS = ("number", "clause", "unit", "body", "item", "frequency")
PRIORITY_COLUMNS = ("number", "clause", "class", "unit", "item")
# Those, and the ones that may be left out or empty.
LIST_COLUMNS = {
    "duty": (*DUTY_COLUMNS, "role", "note"),
    "task": (*TASK_COLUMNS, "item_en", "note"),
    "priority": (*PRIORITY_COLUMNS, "item_en", "season_from", "season_to", "note"),
}
CLASS_COLUMNS = ("code", "kind", "parent", "name", "name_en", "limit", "limit_kind", "response", "response_kind")
STAGE_COLUMNS = ("stage", "limit", "limit_kind")
BODY_COLUMNS = ("code", "name", "kind", "unit")

_KIND_WORDS = {
    "工作时": "working_hour", "工作日": "working_day", "紧急工作时": "emergency_hour", "小时": "calendar_hour",
    "天": "calendar_day",
}  # fmt: skip
_WORDS = {
    "主办": "lead", "协办": "co_handler", "": "lead", "lead": "lead", "co_handler": "co_handler", "co": "co_handler",
}  # fmt: skip
_YES = {"yes": True, "1": True, "true": True, "是": True, "no": False, "0": False, "false": False, "否": False}
_MONTH_DAY = re.compile(r"(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
MAX_AMOUNT = Decimal(9999)


@dataclass(frozen=True, slots=True)
class Reader:
    """Reads the cells of one row; a wrong one is reported and answered with None."""

    row: Row
    problems: ImportProblems

    def wrong(self, column: str, message: Text) -> None:
        self.problems.add(self.row.number, column, message)

    def text(self, column: str, longest: int, *, needed: bool = True) -> str:
        value = self.row[column]
        if needed and not value:
            self.wrong(column, _("is empty."))
        elif len(value) > longest:
            self.wrong(column, _("is longer than %(longest)d characters.") % {"longest": longest})
        elif not is_one_line(value):
            self.wrong(column, _("holds characters that cannot be shown, such as a line break."))
        return value

    def code(self, column: str, longest: int) -> str:
        """A new code: it stands in addresses of pages."""
        value = self.text(column, longest)
        if value and not is_code(value):
            self.wrong(column, _("may only have letters (A–Z), digits, dots and dashes."))
        return value

    def known(self, column: str, among: Mapping[str, Found], message: Text) -> Found | None:
        """The thing with this code; `message` says that there is none and may hold %(code)s."""
        code = self.row[column]
        if not code:
            self.wrong(column, _("is empty."))
            return None
        if code not in among:
            self.wrong(column, message % {"code": code})
            return None
        return among[code]

    def role(self) -> str | None:
        role = _WORDS.get(self.row["role"].casefold())
        if role is None:
            self.wrong("role", _("is neither lead (主办) nor co_handler (协办)."))
        return role

    def yes(self, column: str, *, default: bool) -> bool:
        word = self.row[column].casefold()
        if word and word not in _YES:
            self.wrong(column, _("is neither yes nor no."))
        return _YES.get(word, default)

    def month_day(self, column: str) -> str:
        value = self.row[column]
        if value and not _is_month_day(value):
            self.wrong(column, _("is not a day such as 05-01."))
        return value

    def amount(self, column: str) -> Decimal | None:
        value = parse_amount(self.row[column])
        if value is None:
            self.wrong(column, _("is not a number above 0 and at most 9999 with up to two decimals."))
        return value

    def limit_kind(self, column: str) -> str | None:
        word = self.row[column]
        kind = _KIND_WORDS.get(word, word)
        if kind not in dict(LIMIT_KINDS):
            self.wrong(column, _("is none of: %(kinds)s.") % {"kinds": ", ".join(dict(LIMIT_KINDS))})
            return None
        return kind

    def words(self, column: str) -> list[str]:
        words = [word.strip() for word in re.split(r"[;；、]", self.row[column]) if word.strip()]
        if any(len(word) > 40 for word in words):
            self.wrong(column, _("has a word of more than 40 characters; separate words with semicolons."))
        return words


def one_line(text: str, field: str, longest: int) -> str:
    """A text that somebody typed into a form, without outer spaces. Raises `InvalidInput`."""
    text = text.strip()
    if not text or len(text) > longest or not is_one_line(text):
        raise InvalidInput(field=field)
    return text


def parse_amount(text: str) -> Decimal | None:
    """A limit's amount, None where it is none: above 0, at most 9999, up to two decimals."""
    try:
        amount = Decimal(text)
    except InvalidOperation:
        return None
    if not amount.is_finite() or not 0 < amount <= MAX_AMOUNT or amount != round(amount, 2):
        return None
    return amount


def _is_month_day(value: str) -> bool:
    if not _MONTH_DAY.fullmatch(value):
        return False
    try:
        # A leap year, so that 02-29 is a day.
        date.fromisoformat(f"2024-{value}")
    except ValueError:
        return False
    return True
