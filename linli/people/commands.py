"""`linli people`: staff accounts and posts from the command line, for a city's first administrator and for registers."""

from pathlib import Path
from uuid import UUID

import click

from linli.foundation.access import Role, acting_as, system
from linli.foundation.tabular import ImportRefused
from linli.people import actions, queries
from linli.people.models import BodyKind, Person
from linli.territory import queries as territory

OPERATOR = system("operator")


@click.group()
def people() -> None:
    """Staff accounts, bodies and posts."""


@people.command("create-staff")
@click.argument("username")
@click.option("--name", required=True, help="As colleagues know them.")
@click.option("--phone", default="", help="For messages only; it signs nobody in.")
@click.option("--password", prompt=True, hide_input=True, confirmation_prompt=True, help="Asked for if not given.")
def create_staff(username: str, name: str, phone: str, password: str) -> None:
    """A staff account. The authenticator is enrolled at the first sign-in."""
    person = actions.create_staff(username=username, name=name, phone=phone, password=password, by=OPERATOR)
    click.echo(f"{person.username} {person.id}")


@people.command("create-body")
@click.argument("code")
@click.argument("name")
@click.option("--kind", type=click.Choice(BodyKind.values), required=True)
@click.option("--unit", required=True, help="Code of its territory unit.")
@click.option("--name-en", default="")
def create_body(code: str, name: str, kind: str, unit: str, name_en: str) -> None:
    """An organisation."""
    made = actions.create_body(
        code=code, name=name, name_en=name_en, kind=BodyKind(kind), unit=_unit(unit), by=OPERATOR
    )
    click.echo(f"{made.code} {made.id}")


@people.command()
@click.argument("username")
@click.argument("role", type=click.Choice([role.value for role in Role]))
@click.option("--unit", required=True, help="Code of the territory unit.")
@click.option("--body", default="", help="Code of the body, where the role needs one.")
@click.option("--reason", default="")
def appoint(username: str, role: str, unit: str, body: str, reason: str) -> None:
    """Give a staff account a role in a unit, from now on."""
    with acting_as(OPERATOR):
        person = Person.objects.filter(username=username.lower()).first()
        if person is None:
            raise click.ClickException(f"There is no staff account {username}. Create it: linli people create-staff")
        body_id = queries.body_by_code(body).id if body else None
    post = actions.appoint(
        person=person.id, role=Role(role), unit=_unit(unit), body=body_id, reason=reason, by=OPERATOR
    )
    click.echo(str(post.id))


@people.command("import-posts")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def import_posts(file: Path) -> None:
    """Appoint every row of a CSV or XLSX file: username, role, unit, body, from, to, reason. All or nothing."""
    try:
        posts = actions.import_posts(source=file, by=OPERATOR)
    except ImportRefused as refusal:
        for line in refusal.lines():
            click.echo(line, err=True)
        raise
    click.echo(f"{len(posts)} posts were given.")


def _unit(code: str) -> UUID:
    unit = territory.find_by_code(code)
    if unit is None:
        raise click.ClickException(f"There is no territory unit with the code {code}.")
    return unit.id
