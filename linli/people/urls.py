from django.urls import path

from linli.people.pages import imports, me, posts, sign_in

urlpatterns = [
    path("sign-in/", sign_in.by_phone, name="sign_in"),
    path("sign-in/code/", sign_in.by_phone_code, name="sign_in_code"),
    path("sign-in/code/again/", sign_in.another_code, name="sign_in_again"),
    path("sign-in/staff/", sign_in.staff, name="sign_in_staff"),
    path("sign-in/totp/", sign_in.totp, name="sign_in_totp"),
    path("sign-in/enrol/", sign_in.enrol, name="sign_in_enrol"),
    path("sign-out/", sign_in.sign_out, name="sign_out"),
    path("people/", posts.posts, name="people_posts"),
    path("people/names/", posts.names, name="people_names"),
    path("people/appoint/", posts.appoint, name="people_appoint"),
    path("people/import/", imports.import_posts, name="people_import"),
    path("people/staff/new/", posts.new_staff, name="people_new_staff"),
    path("people/posts/<uuid:post_id>/", posts.post, name="people_post"),
    path("people/posts/<uuid:post_id>/end/", posts.end, name="people_end"),
    path("people/posts/<uuid:post_id>/delegate/", posts.delegate, name="people_delegate"),
    path("people/posts/<uuid:post_id>/reset/", posts.reset, name="people_reset"),
    path("people/posts/<uuid:post_id>/phone/", posts.phone, name="people_phone"),
    path("people/posts/<uuid:post_id>/close-account/", posts.close, name="people_close"),
    path("people/delegations/<uuid:delegation_id>/withdraw/", posts.withdraw, name="people_withdraw"),
    path("me/", me.me, name="me"),
    path("me/consent/", me.consent, name="me_consent"),
    path("me/export/", me.export, name="me_export"),
    path("me/delete/", me.delete, name="me_delete"),
    path("me/password/", me.password, name="me_password"),
    path("me/sign-out-everywhere/", me.sign_out_everywhere, name="me_sign_out_everywhere"),
]
