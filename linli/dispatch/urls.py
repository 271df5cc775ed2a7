"""Addresses of this room's pages."""

from django.urls import path

from linli.dispatch.pages import call, control, gather, planning, rounds, sending, teams

urlpatterns = [
    path("dispatch/", control.control),
    path("dispatch/propose/", control.propose),
    path("dispatch/what-if/", control.what_if),
    path("dispatch/find/", gather.find),
    path("dispatch/gather/<str:reference>/", gather.gather),
    path("dispatch/people/", planning.duty),
    path("dispatch/people/<uuid:person_id>/", planning.person),
    path("dispatch/teams/", teams.teams),
    path("dispatch/teams/<uuid:team_id>/", teams.team),
    path("dispatch/teams/<uuid:team_id>/end/", teams.end),
    path("dispatch/rounds/", rounds.plan),
    path("dispatch/rounds/<uuid:proposal_id>/", rounds.planned),
    path("dispatch/rounds/<uuid:proposal_id>/send/", rounds.send),
    path("dispatch/shifts/<uuid:shift_id>/end/", planning.end_shift),
    path("dispatch/skills/", planning.skills),
    path("dispatch/proposals/<uuid:proposal_id>/send/", sending.send),
    path("dispatch/proposals/<uuid:proposal_id>/take-back/", control.take_back),
    path("dispatch/proposals/<uuid:proposal_id>/<uuid:case_id>/", sending.choose),
    path("field/call/<uuid:call_id>/", call.call),
]
