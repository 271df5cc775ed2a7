"""Static files under names that carry a digest of their content, so that browsers may keep them for good."""

from functools import cache
from typing import Any

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, StaticFilesStorage


class NamedByContent(ManifestStaticFilesStorage):
    """As Django's, but where nothing was collected (tests) a file has its plain name. `linli serve` collects at its start."""

    def url(self, name: str, force: bool = False) -> Any:  # type: ignore[override]
        if not self.hashed_files:
            return StaticFilesStorage.url(self, name)
        return self._hashed_url(name, force)

    @cache  # noqa: B019 - one storage lives as long as the process, and what was collected stays
    def _hashed_url(self, name: str, force: bool) -> Any:
        """A page names some thirty files, most of them icons of one; their names are worked out once."""
        return super().url(name, force)

    def has(self, name: str) -> bool:
        """Whether there is such a file: what is built may be missing."""
        return name in self.hashed_files if self.hashed_files else finders.find(name) is not None
