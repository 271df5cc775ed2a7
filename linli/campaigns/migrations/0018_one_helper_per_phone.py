"""Whoever has no account is one helper by their phone, across all units: a keyed hash of it, once among those who are on the roster."""

from typing import Any

from django.db import migrations, models
from django.db.models import Q

BATCH = 5000


def fill(apps: Any, schema_editor: Any) -> None:
    """Of those who are on the roster. Where two without an account have one phone, the older entry keeps it: the others stay as they are."""
    from linli.campaigns.rules import phone_key

    members = apps.get_model("campaigns", "Member")
    rows = members.objects.filter(left_at=None).order_by("pk")
    taken: set[bytes] = set()
    last = None
    while batch := list((rows.filter(pk__gt=last) if last else rows).only("pk", "person", "phone")[:BATCH]):
        for row in batch:
            found = phone_key(row.phone)
            if row.person_id is None and found is not None:
                found = None if found in taken else found
                taken |= {found} if found else set()
            row.phone_hash = found
        members.objects.bulk_update([row for row in batch if row.phone_hash], ["phone_hash"])
        last = batch[-1].pk


class Migration(migrations.Migration):

    # The rows are filled before the index is made: not in one transaction with triggers that still have to run.
    atomic = False

    dependencies = [
        ('campaigns', '0017_household_moves'),
    ]

    operations = [
        migrations.AddField(
            model_name='member',
            name='phone_hash',
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='member',
            constraint=models.UniqueConstraint(condition=Q(('left_at', None), ('person', None), ('phone_hash__isnull', False)), fields=('phone_hash',), name='member_one_per_phone'),
        ),
    ]
