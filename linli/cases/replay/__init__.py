"""Replay of reality: a 311 export lived through by the very same actions that people use, with the export's own clock.

mapping.py   what the columns of an export mean (a small TOML file)
rows.py      the export read: a request for each row, or the reason why not
addresses.py where an address lies, learned from the rows that name a unit
stage.py     the territory, classes, bodies and duties that the requests need
lives.py     each request's life, in the order of time
summary.py   what is stored afterwards, held against what the export says
plot.py      the same as a picture
"""
