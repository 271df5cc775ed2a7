"""Who may read which address, and change what stands behind it: test_every_route holds it. Who works where a thing stands is not here."""

# Published: what the city tells everybody, where its residents report, and links that carry their own secret (in the test's hands).
EVERYBODYS = frozenset({
    "", "api/v1/campaigns/declarations", "api/v1/cases/duplicates", "api/v1/cases/lifecycle", "api/v1/cases/public",
    "api/v1/cases/public/<case>", "api/v1/cases/suggestions", "api/v1/docs", "api/v1/duties/bodies/<uuidstr:body_id>/duties",
    "api/v1/duties/classes", "api/v1/duties/classes/<code>", "api/v1/duties/days", "api/v1/duties/duties/<uuidstr:duty_id>/tasks",
    "api/v1/duties/lists", "api/v1/duties/lists/<uuidstr:list_id>", "api/v1/duties/lists/<uuidstr:list_id>/rows",
    "api/v1/gateway/announcements", "api/v1/gateway/announcements/<announcement>", "api/v1/openapi.json", "api/v1/people/bodies",
    "api/v1/people/bodies/<body_id>", "api/v1/territory/map/window", "api/v1/territory/units/<unit_id>/outlines", "around/",
    "calls/<uuid:asked_id>/<str:secret>/", "cap/alerts/<str:identifier>.xml", "cap/feed.xml", "case/<str:reference>/", "control/mine/",
    "design/", "design/chart/", "duties/", "duties/classes/", "duties/classes/<str:code>/", "duties/days/", "duties/gaps/",
    "duties/lists/<uuid:list_id>/", "duties/lists/<uuid:list_id>/export.<str:kind>", "duties/stages/", "guide/", "guide/<slug:role>/",
    "healthz", "help/<slug:name>/", "help/<slug:name>/steps/", "home/", "manifest.webmanifest", "metrics", "news/<uuid:announcement_id>/",
    "offline/", "open311/v2/", "open311/v2/discovery\\.(?P<form>json|xml)$",
    "open311/v2/requests/(?P<reference>[^/]{1,60})\\.(?P<form>json|xml)$", "open311/v2/requests\\.(?P<form>json|xml)$",
    "open311/v2/services/(?P<code>[^/]{1,60})\\.(?P<form>json|xml)$", "open311/v2/services\\.(?P<form>json|xml)$",
    "openrosa/<str:token>/formList", "pulse/", "readyz", "report/", "report/map/", "safety/", "service/", "service/circle/", "sw.js",
    "territory/", "territory/<uuid:unit_id>/boundary.geojson", "territory/names/",
})  # fmt: skip

# Whoever has signed in is led on from these.
BEFORE_SIGN_IN = frozenset({
    "sign-in/", "sign-in/staff/",
})  # fmt: skip

# Whoever has signed in sees what is their own there: their account, their cases and messages, and lists that are empty for a resident.
ONES_OWN = frozenset({
    "api/v1/campaigns/forms/<form>", "api/v1/campaigns/teams/mine", "api/v1/cases", "api/v1/cases/inbox", "api/v1/cases/mine",
    "api/v1/cases/rates", "api/v1/dispatch/calls", "api/v1/dispatch/skills", "api/v1/gateway/communities", "api/v1/gateway/keys",
    "api/v1/gateway/messages", "api/v1/gateway/webhooks", "api/v1/gateway/webhooks/<webhook>/deliveries", "api/v1/gateway/wishes",
    "api/v1/people/delegations", "api/v1/people/me", "api/v1/people/me/export", "api/v1/people/posts", "control/calls/",
    "control/silent/", "field/doors/", "me/", "me/delete/", "me/export/", "me/password/", "messages/", "messages/communities/",
    "messages/settings/", "messages/unread/", "my/", "people/", "people/names/", "work/",
})  # fmt: skip

# Joint control of the whole city is read by those who work in any part of it; the parts of others are not in what they see.
OF_THE_WHOLE_CITY = frozenset({
    "control/<uuid:declaration_id>/", "control/<uuid:declaration_id>/screening/new/", "control/forms/<uuid:form_id>/",
    "control/screenings/<uuid:campaign_id>/", "control/screenings/<uuid:campaign_id>/aside/",
    "control/screenings/<uuid:campaign_id>/at-home/", "control/screenings/<uuid:campaign_id>/report.pdf",
    "control/screenings/<uuid:campaign_id>/report.xlsx", "control/screenings/<uuid:campaign_id>/report/",
    "control/screenings/<uuid:campaign_id>/teams/", "control/tellings/<uuid:telling_id>/", "map/<slug:name>/",
})  # fmt: skip

OPEN = {
    "nobody": EVERYBODYS | BEFORE_SIGN_IN,
    "neighbour": EVERYBODYS | ONES_OWN,
    "far": EVERYBODYS | ONES_OWN | OF_THE_WHOLE_CITY,
}

# A resident's account is theirs to delete, and “Me too” is everybody's.
THEIR_OWN: dict[str, frozenset[str]] = {
    "nobody": frozenset(),
    "neighbour": frozenset({"POST api/v1/cases/<case>/support", "POST me/delete/"}),
    "far": frozenset({"POST api/v1/cases/<case>/support"}),
}
