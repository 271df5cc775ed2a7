"""What the gateway refuses, and what to do then."""

from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError


class KeyNotValid(DomainError):
    code = "key_not_valid"
    status = 401
    message = _("This API key is unknown, expired or revoked. Ask the city's administrator for a new one.")


class AppUserNotValid(DomainError):
    code = "app_user_not_valid"
    status = 403
    message = _(
        "This app is no longer connected. Keep what you have, and ask whoever leads the campaign for a new code."
    )


class NotInTeam(DomainError):
    code = "not_in_team"
    status = 409
    message = _("This person is not in the team, or has no account. Choose somebody who is.")


class UnknownChoice(DomainError):
    code = "unknown_choice"
    status = 422
    message = _("“%(value)s” is not one of the choices. Choose one from the list.")


class RoleNeeded(DomainError):
    code = "role_needed"
    status = 422
    message = _("A key that may change cases needs a role, and for handlers a body.")


class UrlNotAllowed(DomainError):
    """`reason` is for whoever set the webhook up."""

    code = "url_not_allowed"
    status = 422
    message = _(
        "Webhooks go to a public https address without a user name in it (%(reason)s). "
        "An address in your own network must be named in LINLI_WEBHOOK_ALLOW."
    )


class AlreadyWaiting(DomainError):
    code = "already_waiting"
    status = 409
    message = _("This delivery is already waiting to be sent.")


class GoneOut(DomainError):
    code = "gone_out"
    status = 409
    message = _("This notice is on its way already, or was called back. Publish another one to correct it.")


class NotFailed(DomainError):
    code = "not_failed"
    status = 409
    message = _("Only a message that failed is sent again. Reload the page to see how it stands.")


class NotFollowable(DomainError):
    code = "not_followable"
    status = 422
    message = _("Notices are chosen by community or housing estate. Choose one of these.")


class FollowsEnough(DomainError):
    code = "follows_enough"
    status = 409
    message = _("You can choose up to %(most)s places. Remove one first.")


class AlertChanged(DomainError):
    code = "alert_changed"
    status = 409
    message = _("A message with this sender, identifier and time is here already, with other content. Send a new one.")


class AlertOver(DomainError):
    code = "alert_over"
    status = 409
    message = _("This warning was updated or withdrawn already. Reload the page to see what holds.")


class NothingToWarnIn(DomainError):
    code = "nothing_to_warn_in"
    status = 422
    message = _("Choose at least one area in which joint control holds.")


class WechatBegunElsewhere(DomainError):
    """WeChat's answer belongs to nothing that this browser began, to another account, or comes too late."""

    code = "wechat_begun_elsewhere"
    status = 403
    message = _("This did not begin here, or took too long. Begin connecting WeChat again.")


class WechatDown(DomainError):
    code = "wechat_down"
    status = 503
    message = _("WeChat does not answer now. Try again in a few minutes.")
