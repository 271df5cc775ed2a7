"""Addresses of joint control."""

from django.urls import path

from linli.campaigns.pages import control, door, field, premises, report, roster, screening

SCREENING = "control/screenings/<uuid:campaign_id>/"

urlpatterns = [
    path("field/doors/", field.doors),
    path("control/", control.home, name="control"),
    path("control/declare/", control.declare, name="control_declare"),
    path("control/premises/", premises.home, name="premises"),
    path("control/premises/new/", premises.new, name="premises_new"),
    path("control/premises/<uuid:premises_id>/", premises.one, name="premises_one"),
    path("control/premises/<uuid:premises_id>/<slug:name>/", premises.change, name="premises_change"),
    path("control/roster/", roster.roster, name="roster"),
    path("control/roster/new/", roster.new, name="roster_new"),
    path("control/roster/import/", roster.import_page, name="roster_import"),
    path("control/roster/<uuid:member_id>/release/", roster.release, name="roster_release"),
    path("control/calls/", roster.my_calls, name="calls"),
    path("control/calls/new/", roster.new_call, name="call_new"),
    path("control/calls/<uuid:call_id>/", roster.call, name="call"),
    path("control/calls/<uuid:call_id>/answer/", roster.answer, name="call_answer"),
    path("control/<uuid:declaration_id>/", control.declaration, name="control_declaration"),
    path("control/<uuid:declaration_id>/screening/new/", screening.new, name="screening_new"),
    path("control/<uuid:declaration_id>/<slug:name>/", control.change, name="control_change"),
    path(SCREENING, screening.screening, name="screening"),
    path(f"{SCREENING}teams/", screening.teams, name="screening_teams"),
    path(f"{SCREENING}teams/form/", screening.form_teams, name="screening_form_teams"),
    path(f"{SCREENING}divide/", screening.divide, name="screening_divide"),
    path(f"{SCREENING}close/", screening.close, name="screening_close"),
    path(f"{SCREENING}aside/", screening.aside, name="screening_aside"),
    path(f"{SCREENING}buildings/<uuid:building_id>/", screening.building, name="screening_building"),
    path(f"{SCREENING}buildings/<uuid:building_id>/seal/", screening.seal, name="screening_seal"),
    path(f"{SCREENING}buildings/<uuid:building_id>/doors/<uuid:door_id>/", door.door, name="screening_door"),
    path("control/photos/<uuid:photo_id>/", door.photo, name="visit_photo"),
    path(f"{SCREENING}report/", report.report, name="screening_report"),
    path(f"{SCREENING}report.pdf", report.as_pdf, name="screening_report_pdf"),
    path(f"{SCREENING}report.xlsx", report.as_xlsx, name="screening_report_xlsx"),
    path("control/teams/<uuid:team_id>/", screening.team, name="screening_team"),
    path("control/teams/<uuid:team_id>/out/", screening.member_out, name="screening_member_out"),
    path("control/teams/<uuid:team_id>/end/", screening.team_out, name="screening_team_out"),
]
