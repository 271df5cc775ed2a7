"""What the benchmarks with a million cases share: the whole city's territory and duties, the cases, and staff of three of its units."""

from uuid import UUID

from bench import _million, _served

# A unit of each level, the finer ones inside the coarser.
UNITS = {"subdistrict": "510108004", "district": "510108", "city": "5101"}


def prepare(progress, cases: int = _million.CASES) -> None:
    """Load the city, and store so many cases in it."""
    from linli.demo import load, people
    from linli.duties.actions.packs import load_pack as load_duties
    from linli.foundation.access import acting_as
    from linli.territory.actions import load_pack as load_territory

    with acting_as(people.BY):
        with progress.step("Preparing territory and duties"):
            load_territory(name="chengdu", by=people.BY)
            load_duties(load.DUTIES, by=people.BY)
        _million.store(progress, cases)


def unit_at(level: str):
    from linli.territory import queries as territory

    return territory.find_by_code(UNITS[level])


def employed(role, unit: UUID, body: UUID | None = None) -> str:
    """Somebody with this role in a unit; gives the cookies of their session."""
    from linli.demo.people import BY
    from linli.foundation.access import acting_as
    from linli.people import actions

    name = f"{role}.{unit}".replace("_", "-")
    with acting_as(BY):
        person = actions.create_staff(username=name, name=name, password="a long passphrase of a bench", by=BY)
        actions.appoint(person=person.id, role=role, unit=unit, body=body, by=BY)
    return _served.cookie_of(person)
