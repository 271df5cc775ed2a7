"""Commands of the gateway: API keys, and a look at what is sent."""

import json
from datetime import timedelta
from uuid import UUID

import click

from linli.foundation import clock
from linli.foundation.access import SYSTEM, Role, acting_as, system
from linli.gateway import actions, queries
from linli.gateway.models import KeyMay, OutgoingState
from linli.people import queries as people
from linli.territory import queries as territory

BY = system("linli gateway")
ROLES = [role.value for role in Role if role is not Role.ADMIN]


@click.group()
def gateway() -> None:
    """API keys of other systems, and messages that were sent."""


@gateway.group()
def key() -> None:
    """API keys of other systems."""


@key.command("create")
@click.option("--name", required=True, help="Whose key it is; timelines show it.")
@click.option("--may", multiple=True, default=["post"], show_default=True, type=click.Choice(KeyMay.values))
@click.option("--unit", help="Code of the unit in which it reads and acts; the city when left out.")
@click.option("--role", default="", type=click.Choice(["", *ROLES]), help="Needed for --may act.")
@click.option("--body", help="Code of the body that it works for.")
@click.option("--rate", default=600, show_default=True, help="Calls a minute.")
@click.option("--days", type=click.IntRange(1, 3650), help="Days after which it ends.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
def create(
    name: str, may: tuple[str, ...], unit: str | None, role: str, body: str | None, rate: int, days: int | None, as_json: bool
) -> None:  # fmt: skip
    """Make a key. It is shown this once: only a hash of it is kept."""
    with acting_as(SYSTEM):
        place = territory.find_by_code(unit) if unit else territory.root()
        if place is None:
            raise click.ClickException(f"There is no unit with the code {unit}.")
        made = actions.create_key(
            name=name,
            may=may,
            unit_id=place.id,
            by=BY,
            body_id=people.body_by_code(body).id if body else None,
            role=role,
            rate_per_minute=rate,
            expires_at=clock.now() + timedelta(days=days) if days else None,
        )
    shown = {"id": str(made.key.id), "name": name, "key": made.secret}
    click.echo(
        json.dumps(shown, ensure_ascii=False) if as_json else f"{made.secret}\nThis is the only time it is shown."
    )


@key.command("list")
def list_keys() -> None:
    """The keys, newest first."""
    with acting_as(SYSTEM):
        for one in queries.visible_keys(SYSTEM):
            state = (
                "revoked"
                if one.revoked_at
                else "expired"
                if one.expires_at and one.expires_at <= clock.now()
                else "good"
            )
            click.echo(f"{one.id} {one.prefix}… {state:8} {','.join(one.may):14} {one.unit.code} {one.name}")


@key.command("revoke")
@click.argument("key_id", type=click.UUID)
def revoke(key_id: UUID) -> None:
    """End a key at once."""
    with acting_as(SYSTEM):
        revoked = actions.revoke_key(key_id=key_id, by=BY)
    click.echo(f"{revoked} is revoked.")


@gateway.command("outgoing")
@click.option("--state", type=click.Choice(OutgoingState.values), help="Only messages in this state.")
def list_outgoing(state: str | None) -> None:
    """The newest messages to phones and WeChat: when, to whom (masked), about what, and what became of them."""
    from linli.foundation.privacy import mask_phone

    with acting_as(SYSTEM):
        for row in queries.outgoing(SYSTEM, state=state or ""):
            to = mask_phone(row.recipient)
            click.echo(
                f"{row.created_at:%Y-%m-%d %H:%M} {row.channel:6} {to} {row.template:16} {row.state} {row.error}"
            )
