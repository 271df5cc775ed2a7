"""Addresses of joint control."""

from django.urls import path

from linli.campaigns.pages import control, field, following, mine, premises, published_forms, report, roster, shifts
from linli.campaigns.pages.screening import aside, beginning, building, dividing, moving, progress, teams

SCREENING = "control/screenings/<uuid:campaign_id>/"

urlpatterns = [
    path("field/doors/", field.doors),
    path("field/follow/<uuid:follow_up_id>/", following.one, name="follow_up"),
    path("control/", control.home, name="control"),
    path("control/declare/", control.declare, name="control_declare"),
    path("control/mine/", mine.read, name="door_code"),
    path("control/forms/", published_forms.home, name="forms"),
    path("control/forms/<uuid:form_id>/", published_forms.one, name="form"),
    path("control/premises/", premises.home, name="premises"),
    path("control/premises/new/", premises.new, name="premises_new"),
    path("control/premises/<uuid:premises_id>/", premises.one, name="premises_one"),
    path("control/premises/<uuid:premises_id>/<slug:name>/", premises.change, name="premises_change"),
    path("control/roster/", roster.roster, name="roster"),
    path("control/roster/new/", roster.new, name="roster_new"),
    path("control/roster/import/", roster.import_page, name="roster_import"),
    path("control/roster/<uuid:member_id>/release/", roster.release, name="roster_release"),
    path("control/shifts/", shifts.home, name="shifts"),
    path("control/shifts/new/", shifts.new, name="shift_new"),
    path("control/shifts/<uuid:shift_id>/end/", shifts.end, name="shift_end"),
    path("calls/<uuid:asked_id>/<str:secret>/", roster.by_link, name="call_by_link"),
    path("control/calls/", roster.my_calls, name="calls"),
    path("control/calls/new/", roster.new_call, name="call_new"),
    path("control/calls/<uuid:call_id>/", roster.call, name="call"),
    path("control/calls/<uuid:call_id>/answer/", roster.answer, name="call_answer"),
    path("control/<uuid:declaration_id>/", control.declaration, name="control_declaration"),
    path("control/<uuid:declaration_id>/screening/new/", beginning.new, name="screening_new"),
    path("control/<uuid:declaration_id>/<slug:name>/", control.change, name="control_change"),
    path(SCREENING, progress.screening, name="screening"),
    path(f"{SCREENING}teams/", teams.teams, name="screening_teams"),
    path(f"{SCREENING}teams/form/", dividing.form_teams, name="screening_form_teams"),
    path(f"{SCREENING}teams/come/", moving.team_comes, name="screening_team_comes"),
    path(f"{SCREENING}late/", moving.late, name="screening_late"),
    path(f"{SCREENING}divide/", dividing.divide, name="screening_divide"),
    path(f"{SCREENING}close/", dividing.close, name="screening_close"),
    path(f"{SCREENING}aside/", aside.aside, name="screening_aside"),
    path(f"{SCREENING}buildings/<uuid:building_id>/", building.building, name="screening_building"),
    path(f"{SCREENING}buildings/<uuid:building_id>/seal/", moving.seal, name="screening_seal"),
    path(f"{SCREENING}buildings/<uuid:building_id>/leaflets/", mine.leaflets, name="leaflets"),
    path(f"{SCREENING}at-home/", following.at_home, name="at_home"),
    path(f"{SCREENING}at-home/<uuid:door_id>/", following.household, name="household"),
    path(f"{SCREENING}at-home/<uuid:door_id>/release/", following.release, name="household_release"),
    path(f"{SCREENING}report/", report.report, name="screening_report"),
    path(f"{SCREENING}report.pdf", report.as_pdf, name="screening_report_pdf"),
    path(f"{SCREENING}report.xlsx", report.as_xlsx, name="screening_report_xlsx"),
    path("control/teams/<uuid:team_id>/", teams.team, name="screening_team"),
    path("control/teams/<uuid:team_id>/out/", teams.member_out, name="screening_member_out"),
    path("control/teams/<uuid:team_id>/end/", moving.team_out, name="screening_team_out"),
]
