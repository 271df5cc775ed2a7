"""Forms of joint control: from an XLSForm to what the phone draws and the server checks. Pure: bytes and text in, dataclasses out.

Why so:
- XLSForm is what people who make forms know, and pyxform is its reference compiler: a form made here opens in ODK Collect, and one
  made for Collect opens here. What our phone cannot draw is refused when the form is compiled, not met at a door.
- The phone, ODK Collect and the server evaluate the same expressions, those of the XForm; there is no second copy of a rule in Python.
- rxeval evaluates them in process, in less than a millisecond a visit. It trusts its caller: it reads a file where its text is no XML,
  passes over CDATA, and runs out of stack where something is nested thousands deep. So it is only ever given XML written here, from
  answers that were read along the form, and expressions of bounded length; and each form's rules are tried in a process of their own.
- Answers are kept as JSON (`answers_of`): what follow-ups read, and what the phone sends. XML is what the outside speaks.
"""

from linli.campaigns.forms.checking import Finding, Problem, check, check_answers
from linli.campaigns.forms.compiling import compile_xlsform
from linli.campaigns.forms.form import Form
from linli.campaigns.forms.instances import Answers, Identity, answers_of, identity_of, instance_of
from linli.campaigns.forms.shipped import SHIPPED, shipped

__all__ = [
    "SHIPPED",
    "Answers",
    "Finding",
    "Form",
    "Identity",
    "Problem",
    "answers_of",
    "check",
    "check_answers",
    "compile_xlsform",
    "identity_of",
    "instance_of",
    "shipped",
]
