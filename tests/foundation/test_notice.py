"""What a data folder says of itself stands on its pages, in the reader's language."""

from pathlib import Path

import pytest
from django.test import Client

from linli.foundation import notice


@pytest.mark.django_db
def test_a_folder_says_of_itself_what_was_written_and_else_nothing(
    client: Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LINLI_DATA_DIR", str(tmp_path))
    assert notice.text() == ""
    assert 'class="of-data"' not in client.get("/sign-in/").content.decode()
    notice.write({"en": "Another year's <days>.", "zh-hans": "另一年的日子。"})
    for language, said in (("en", "Another year&#x27;s &lt;days&gt;."), ("zh-hans", "另一年的日子。")):
        page = client.get("/sign-in/", headers={"accept-language": language}).content.decode()
        assert f'<p class="of-data">{said}</p>' in page
