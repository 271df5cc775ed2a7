"""Why a base map cannot be made, and what to do. For a command, so in one language and without Django."""


class MapFailed(Exception):
    """Nothing was replaced: a map that was there before is still the one that is shown."""
