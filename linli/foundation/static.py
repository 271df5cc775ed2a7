"""Static files under names that carry a digest of their content, so that browsers may keep them for good, each with its compressed form."""

import gzip
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import ManifestStaticFilesStorage, StaticFilesStorage

TEXTS = {".css", ".js", ".json", ".svg"}  # Pictures are compressed in themselves.
PACKED = ".gz"


class NamedByContent(ManifestStaticFilesStorage):
    """As Django's, but where nothing was collected (tests) a file has its plain name. `linli serve` collects at its start."""

    def post_process(self, *arguments: Any, **options: Any) -> Iterator[Any]:
        yield from super().post_process(*arguments, **options)
        if not options.get("dry_run"):
            for name in set(self.hashed_files.values()):
                if Path(name).suffix in TEXTS:
                    pack(Path(self.path(name)))

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


def pack(path: Path) -> None:
    """Put a file's compressed form beside it, where that is smaller. Once: its name says its content."""
    packed = path.with_name(path.name + PACKED)
    if packed.exists():
        return
    content = path.read_bytes()
    # Level 9 takes half as long again for a three-hundredth less.
    small = gzip.compress(content, 6, mtime=0)
    if len(small) < len(content):
        begun = packed.with_name(packed.name + ".part")
        begun.write_bytes(small)
        begun.replace(packed)
