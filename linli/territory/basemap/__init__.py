"""The base map: streets, water, green, buildings and names of an OpenStreetMap extract, as vector tiles in one file (ADR 0018).

`schema` says what is taken and from which zoom on, `extract` reads it, `tiles` cuts it, `archive` keeps it, `serving` hands it out.
Nothing here touches the database, so the command needs none.
"""
