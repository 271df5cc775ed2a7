"""Who may read and write keys, webhooks and messages. What goes to phones is the system's alone."""

from django.db import migrations

from linli.foundation.rowsecurity import scoped

# The gateway's administrators hold a post in the owner's unit or above it; which post it takes, the actions check.
OWN_UNITS = "unit_id IN (SELECT id FROM territory_unit WHERE path && linli_units())"
# A subscription's own policy applies inside.
OWN_DELIVERIES = "EXISTS (SELECT 1 FROM gateway_subscription WHERE gateway_subscription.id = subscription_id)"


class Migration(migrations.Migration):
    dependencies = [("gateway", "0001_initial"), ("foundation", "0003_guards"), ("territory", "0001_initial")]
    operations = [
        scoped("gateway_apikey", read=OWN_UNITS),
        scoped("gateway_subscription", read=OWN_UNITS),
        scoped("gateway_delivery", read=OWN_DELIVERIES),
        scoped("gateway_message", read="person_id = linli_person()", insert="false"),
        scoped("gateway_outgoingmessage", read="false"),
    ]
