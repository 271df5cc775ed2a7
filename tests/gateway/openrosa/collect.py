"""A client that sends what Collect sends: a HEAD first, then parts in one multipart body with the answers in `xml_submission_file`."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID, uuid4
from xml.etree.ElementTree import fromstring

from campaigns.conftest import Running
from campaigns.test_following import WELL
from django.test import Client

from linli.campaigns import answering, forms
from linli.campaigns.models import Campaign, Submission
from linli.foundation import clock
from linli.foundation.access import SYSTEM, acting_as
from linli.gateway import actions

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
SAID = "{http://openrosa.org/http/response}message"
XF = "{http://www.w3.org/2002/xforms}"
BOUNDARY = "4f3c1f0e9f0d"


def part(name: str, filename: str, content_type: str, content: bytes) -> bytes:
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
    kind = f"Content-Type: {content_type}\r\nContent-Length: {len(content)}\r\n\r\n"
    return (head + kind).encode() + content + b"\r\n"


@dataclass
class Phone:
    """Collect on one phone."""

    base: str
    device: str = "collect:0a1b2c"
    client: Client = field(default_factory=Client)

    def get(self, path: str) -> Any:
        return self.client.get(path if path.startswith("http") else f"{self.base}/{path}")

    def body(self, xml: bytes, photos: list[bytes] | None = None) -> bytes:
        parts = [part("xml_submission_file", "visit.xml", "text/xml", xml)]
        parts += [part(f"{n}.jpg", f"{n}.jpg", "image/jpeg", photo) for n, photo in enumerate(photos or [])]
        return b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()

    def post(self, body: bytes, **headers: str) -> Any:
        now = clock.now()
        # As Collect writes it: hours from 1 to 12.
        date = headers.pop("date", now.strftime("%a, %d %b %Y %I:%M:%S GMT"))
        sent = {"X-OpenRosa-Version": "1.0", "Date": date} | headers
        kind = f"multipart/form-data; boundary={BOUNDARY}"
        return self.client.post(f"{self.base}/submission?deviceID={self.device}", body, kind, headers=sent)

    def send(self, xml: bytes, photos: list[bytes] | None = None, **headers: str) -> int:
        """The status; every answer is in OpenRosa's form."""
        assert self.client.head(f"{self.base}/submission").status_code == 204
        answer = self.post(self.body(xml, photos), **headers)
        assert answer["X-OpenRosa-Version"] == "1.0"
        assert said(answer)
        return int(answer.status_code)


def said(answer: Any) -> str:
    message = fromstring(answer.content).find(SAID)
    assert message is not None
    assert message.get("nature") == ("submit_success" if answer.status_code == 201 else "submit_error")
    return message.text or ""


def connected(asking: Running, team: int = 0) -> Phone:
    person = asking.leads[team].id
    assert person is not None
    with acting_as(asking.leader):
        made = actions.connect_app(team_id=asking.teams[team].id, person_id=person, by=asking.leader)
    return Phone(f"/openrosa/{made.token}")


def form_of(asking: Running) -> forms.Form:
    with acting_as(SYSTEM):
        return answering.form_of(Campaign.objects.select_related("form").get(pk=asking.campaign.pk).form)


def filled(
    asking: Running,
    door: UUID | str,
    outcome: str = "done",
    answers: dict[str, Any] | None = None,
    *,
    at: datetime | None = None,
    made: UUID | None = None,
) -> bytes:
    """What Collect writes: the answers, with the two questions before them and the time in the metadata."""
    moment = (at or clock.now() - timedelta(minutes=5)).isoformat(timespec="milliseconds")
    xml = forms.instance_of(
        form_of(asking),
        (WELL if outcome == "done" else {}) if answers is None else answers,
        instance_id=f"uuid:{made or uuid4()}",
    )
    start, rest = xml.split(">", 1)
    xml = f"{start}><visit_door>{door}</visit_door><visit_outcome>{outcome}</visit_outcome>{rest}"
    return xml.replace("</meta>", f"<timeEnd>{moment}</timeEnd></meta>").encode()


def stored(asking: Running) -> list[Submission]:
    with acting_as(SYSTEM):
        return list(Submission.objects.filter(campaign=asking.campaign).order_by("received_at"))
