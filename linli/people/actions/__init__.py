"""Writes of this room, by subject."""

from linli.people.actions.bodies import create_body
from linli.people.actions.follow_territory import follow_territory
from linli.people.actions.imports import import_posts
from linli.people.actions.own_data import (
    erase_person,
    export_person,
    give_consent,
    keep_language,
    keep_look,
    set_preferences,
    withdraw_consent,
)
from linli.people.actions.phone_codes import CodeSent, request_code, sign_in_with_code
from linli.people.actions.posts import appoint, delegate, end_post, withdraw_delegation
from linli.people.actions.staff import (
    change_password,
    change_phone,
    create_staff,
    deactivate_staff,
    reset_sign_in,
    sign_out_everywhere,
)
from linli.people.actions.staff_sign_in import (
    begin_enrolment,
    check_password,
    check_second_factor,
    confirm_enrolment,
    purge_sign_in_records,
)
from linli.people.actions.wechat import connect_wechat, disconnect_wechat

__all__ = [
    "CodeSent",
    "appoint",
    "begin_enrolment",
    "change_password",
    "change_phone",
    "check_password",
    "check_second_factor",
    "confirm_enrolment",
    "connect_wechat",
    "create_body",
    "create_staff",
    "deactivate_staff",
    "delegate",
    "disconnect_wechat",
    "end_post",
    "erase_person",
    "export_person",
    "follow_territory",
    "give_consent",
    "import_posts",
    "keep_language",
    "keep_look",
    "purge_sign_in_records",
    "request_code",
    "reset_sign_in",
    "set_preferences",
    "sign_in_with_code",
    "sign_out_everywhere",
    "withdraw_consent",
    "withdraw_delegation",
]
