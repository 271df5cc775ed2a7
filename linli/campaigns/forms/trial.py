"""A form's rules are tried once, in a process of their own, before anybody depends on them.

An expression can be slow with many rows, or end the process that evaluates it. Here it meets the largest household that answers may
describe; what does not come back in time is refused, and no server process was at risk.
"""

import json
import subprocess
import sys
from typing import Any

from django.utils.translation import gettext_lazy as _

from linli.campaigns.forms import expressions
from linli.campaigns.forms.checking import walk, without_rows
from linli.campaigns.forms.errors import FormFault, Place
from linli.campaigns.forms.form import Form
from linli.campaigns.forms.instances import MAX_ROWS
from linli.campaigns.forms.structure import Item, Kind

PATIENCE_SECONDS = 10
# Of a processor. The forms that come with the app take 5 to 10 milliseconds for 200 rows.
MAX_SECONDS = 0.25

_PROGRAM = """
import json, rxeval, sys, time
given = json.load(sys.stdin)
told = {"issues": [issue["says"] for issue in rxeval.check_form(given["xml"])], "unknown": [], "failed": []}
for name in given["functions"]:
    try:
        rxeval.eval_expression(name + "()", "<data/>", today="1", now="1")
    except RuntimeError as error:
        if "unknown function" in str(error) or "not implemented" in str(error):
            told["unknown"].append(name)
start = time.process_time()
try:
    findings = rxeval.submission_findings(given["rules"], given["instance"], today="1", now="1")
    told["failed"] = [finding["path"] for finding in findings if finding["kind"] == "not-evaluated"]
except RuntimeError as error:
    told["fault"] = str(error)
told["seconds"] = time.process_time() - start
json.dump(told, sys.stdout)
"""


def run(form: Form) -> tuple[str, ...]:
    """Warnings: what apps evaluate differently, and what the server does not check. Raises FormFault."""
    told = _run_apart(
        {
            "xml": form.xml,
            "rules": form.rules,
            "instance": walk(form, _sample(form.structure.items, _rows_each(form))).instance,
            "functions": sorted(expressions.functions(form.structure.walk())),
        }
    )
    if told is None or told["seconds"] > MAX_SECONDS:
        problem = _("With %(rows)s rows its rules take too long. Let rules compare fewer rows with each other.")
        raise FormFault(Place(), problem % {"rows": MAX_ROWS})
    if "fault" in told:
        raise FormFault(Place(), _("An expression cannot be read: %(fault)s") % {"fault": told["fault"]})
    unknown = [f"The server does not check rules with {name}()." for name in told["unknown"]]
    failed = [f"The server cannot evaluate a rule of {path}." for path in sorted({*map(without_rows, told["failed"])})]
    return (*told["issues"], *unknown, *failed)


def _run_apart(given: dict[str, Any]) -> dict[str, Any] | None:
    try:
        done = subprocess.run(
            [sys.executable, "-I", "-c", _PROGRAM],
            input=json.dumps(given).encode(),
            capture_output=True,
            timeout=PATIENCE_SECONDS,
            check=True,
        )
    except (subprocess.TimeoutExpired, subprocess.CalledProcessError):
        return None
    told: dict[str, Any] = json.loads(done.stdout)
    return told


def _rows_each(form: Form) -> int:
    repeats = [item for item in form.structure.walk() if item.kind is Kind.REPEAT]
    return MAX_ROWS // len(repeats) if repeats else 0


def _sample(items: tuple[Item, ...], rows: int) -> dict[str, Any]:
    answers: dict[str, Any] = {}
    for item in items:
        if item.kind is Kind.REPEAT:
            # A repeat group in another has a row for each of its rows.
            answers[item.name] = [_sample(item.items, 1)] * rows
        elif item.kind is Kind.GROUP:
            answers[item.name] = _sample(item.items, rows)
        else:
            answers[item.name] = "1"
    return answers
