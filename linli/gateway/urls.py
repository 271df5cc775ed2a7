"""The addresses of the inbox, of what staff announce, CAP, Open311 GeoReport v2 and OpenRosa. The gateway's API is in `api.py`."""

from django.urls import path, re_path

from linli.campaigns.forms import collect
from linli.gateway import alerting, announcing, communities, connecting, connecting_wechat, pages
from linli.gateway.cap import views as cap
from linli.gateway.open311 import views
from linli.gateway.openrosa import views as openrosa

BASE = "open311/v2/"
COLLECT = "openrosa/<str:token>/"
FORM = r"\.(?P<form>json|xml)$"

urlpatterns = [
    path("messages/", pages.inbox, name="messages"),
    path("messages/read/", pages.read, name="messages_read"),
    path("messages/unread/", pages.unread, name="messages_unread"),
    path("messages/settings/", pages.settings, name="messages_settings"),
    path("messages/ways/", pages.ways_out, name="messages_ways"),
    path("me/wechat/", connecting_wechat.page, name="wechat"),
    path("me/wechat/connect/", connecting_wechat.connect, name="wechat_connect"),
    path("me/wechat/done/", connecting_wechat.done, name="wechat_done"),
    path("me/wechat/disconnect/", connecting_wechat.disconnect, name="wechat_disconnect"),
    path("wechat/signature/", connecting_wechat.signature, name="wechat_signature"),
    path("messages/communities/", communities.communities, name="messages_communities"),
    path("messages/<uuid:message_id>/", pages.open_message, name="messages_open"),
    path("messages/<uuid:message_id>/again/", pages.send_again, name="messages_again"),
    path("announce/", announcing.announcements, name="announcements"),
    path("announce/new/", announcing.new, name="announcement_new"),
    path("announce/alert/", alerting.alerts, name="alerts"),
    path("announce/alert/new/", alerting.new, name="alert_new"),
    path("announce/alert/<uuid:alert_id>/", alerting.alert, name="alert"),
    path("announce/alert/<uuid:alert_id>/withdraw/", alerting.withdraw, name="alert_withdraw"),
    path("cap/feed.xml", cap.feed, name="cap_feed"),
    path("cap/alerts/<str:identifier>.xml", cap.alert, name="cap_alert"),
    path("announce/<uuid:announcement_id>/", announcing.announcement, name="announcement"),
    path("announce/<uuid:announcement_id>/call-back/", announcing.call_back, name="announcement_call_back"),
    path("news/<uuid:announcement_id>/", announcing.news, name="news"),
    path(BASE, views.discovery, {"form": "json"}, name="open311"),
    re_path(rf"^{BASE}discovery{FORM}", views.discovery),
    re_path(rf"^{BASE}services{FORM}", views.service_list),
    re_path(rf"^{BASE}services/(?P<code>[^/]{{1,60}}){FORM}", views.service_definition),
    re_path(rf"^{BASE}requests{FORM}", views.requests),
    re_path(rf"^{BASE}requests/(?P<reference>[^/]{{1,60}}){FORM}", views.one_request),
    re_path(rf"^{BASE}tokens/(?P<token>[^/]{{1,60}}){FORM}", views.token),
    path(f"{BASE}<path:rest>", views.nothing),
    path("control/teams/<uuid:team_id>/phones/", connecting.phones, name="team_phones"),
    path("control/teams/<uuid:team_id>/phones/<uuid:user_id>/end/", connecting.end, name="team_phone_end"),
    path(f"{COLLECT}formList", openrosa.form_list),
    path(f"{COLLECT}forms/<str:form_id>.xml", openrosa.form),
    path(f"{COLLECT}forms/<str:form_id>/manifest", openrosa.manifest),
    path(f"{COLLECT}forms/<str:form_id>/media/{collect.DOORS}", openrosa.doors),
    path(f"{COLLECT}submission", openrosa.submission),
    path("openrosa/<path:rest>", openrosa.nothing),
]
