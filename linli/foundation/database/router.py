"""Both aliases are one database: `owner` migrates it, `default` uses it."""

from typing import Any


class OneDatabase:
    def allow_relation(self, first: Any, second: Any, **hints: Any) -> bool:
        return True

    def allow_migrate(self, db: str, app_label: str, **hints: Any) -> bool:
        return db == "owner"
