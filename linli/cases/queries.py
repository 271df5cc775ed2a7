"""Reads of cases. Each starts from who asks; row-level security asks again.

Lists read the narrow row, its text and nothing per row besides: names of units, classes and bodies come from the process caches.
"""



