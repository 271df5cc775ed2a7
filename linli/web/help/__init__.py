"""Help where the question comes up: a short tour of each surface on the first visit, and two sentences beside a word that
needs them. Whoever wants to know more is led to the guide (`guide.py`).
"""

from linli.web.help.showing import COOKIE, seen_by, tour_on, tour_page, tour_steps
from linli.web.help.topics import TOPICS, topic_of_change, topic_of_field
from linli.web.help.tours import TOURS

__all__ = [
    "COOKIE",
    "TOPICS",
    "TOURS",
    "seen_by",
    "topic_of_change",
    "topic_of_field",
    "tour_on",
    "tour_page",
    "tour_steps",
]
