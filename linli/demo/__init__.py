"""The demo: Shuangqiaozi with invented people, and a day of requests at the real rates lived through to its ratings.

logins.py    who may sign in, and with what
people.py    the posts behind the logins, and the residents
stories.toml what people report, in their words, and what is answered
stories.py   the stories read, and filled with places
pictures.py  photos, drawn
plan.py      how many requests of which nature at what hour, after the city's own figures
day.py       the day lived, by the very same actions that people use
replayed.py  a real city's past instead: a 311 export moved to the present, lived and watched
commands.py  `linli demo`
"""
