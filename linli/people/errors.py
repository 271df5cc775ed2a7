"""What this room refuses, and what to do then."""

from django.utils.translation import gettext_lazy as _

from linli.foundation.errors import DomainError, InvalidInput, NotFound, TooManyAttempts


class WrongCode(DomainError):
    """Wrong, expired, used, or never sent: one answer, so that nobody learns which phones are known."""

    code = "wrong_code"
    status = 422
    message = _("This code is wrong or no longer valid. Check the newest message, or ask for a new code.")


class CodeExhausted(TooManyAttempts):
    code = "code_exhausted"
    message = _("This code was tried too often and no longer works. Ask for a new one.")


class WrongPassword(DomainError):
    """No such account, not active, or the wrong password: one answer."""

    code = "wrong_password"
    status = 422
    message = _("User name or password is wrong. Check both; your administrator can set a new password.")


class WrongTotp(DomainError):
    code = "wrong_totp"
    status = 422
    message = _("This code is wrong or was used already. Wait for the next code of your authenticator and enter that.")


class SignInExpired(DomainError):
    """The second step came too late, or without the first."""

    code = "sign_in_expired"
    status = 401
    message = _("Please begin signing in again.")


class AlreadyEnrolled(DomainError):
    code = "already_enrolled"
    status = 409
    message = _("This account has an authenticator already. Your administrator can reset it.")


class WechatTaken(DomainError):
    code = "wechat_taken"
    status = 409
    message = _("This WeChat account is connected with another account here. Disconnect it there first.")


class WeakPassword(InvalidInput):
    code = "weak_password"
    message = _("Choose another password: at least ten characters, and none of those that many people use.")


class Taken(DomainError):
    code = "taken"
    status = 409
    message = _("“%(value)s” is in use already. Choose another.")


class PostHeldAlready(DomainError):
    code = "post_held_already"
    status = 409
    message = _("This person holds this post at that time already. End the other one first, or choose other dates.")


class NotStaff(InvalidInput):
    code = "not_staff"
    message = _("Posts are given to staff accounts. Create a staff account for this person first.")


class NoColleague(NotFound):
    """No such account, or none of whom the actor sees a post: one answer."""

    code = "no_colleague"
    message = _("No colleague whom you may choose has this user name. Check the name, or ask your administrator.")


class NotOneself(DomainError):
    code = "not_oneself"
    status = 403
    message = _("Nobody appoints themselves or hands their post to themselves. Ask a colleague who may.")


class DelegatedAlready(DomainError):
    code = "delegated_already"
    status = 409
    message = _("Someone else acts on this post at that time already. Withdraw that delegation first.")


class OutsideThePost(InvalidInput):
    code = "outside_the_post"
    message = _("A delegation lies within the time of its post and within the future. Correct the dates.")


class NoRedelegation(DomainError):
    code = "no_redelegation"
    status = 403
    message = _("You act on this post for someone else and cannot hand it on. Its holder can.")


class PostsHeld(DomainError):
    code = "posts_held"
    status = 409
    message = _("You still hold a post. Ask your administrator to end it, then delete your data.")
