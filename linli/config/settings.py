"""Django settings. What a city may change is an environment variable (`env.py`); the rest is the same everywhere."""

from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _

from linli.config import env
from linli.foundation import keys
from linli.foundation.database import urls

ROOT = Path(__file__).resolve().parent.parent

SECRET_KEY = keys.signing_key()
DEBUG = env.flag("LINLI_DEBUG")
ALLOWED_HOSTS = env.names("LINLI_HOSTS")
CSRF_TRUSTED_ORIGINS = env.names("LINLI_ORIGINS")

# A room's place in this list is its place in the order of imports.
ROOMS = [
    "foundation",
    "territory",
    "people",
    "duties",
    "cases",
    "campaigns",
    "dispatch",
    "insight",
    "cameras",
    "sensors",
    "gateway",
    "web",
]
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django_htmx",
    "procrastinate.contrib.django",
    *(f"linli.{room}" for room in ROOMS),
]
MIDDLEWARE = [
    "linli.foundation.figures.Measure",
    "linli.web.middleware.Compressed",
    "linli.web.middleware.SecurityHeaders",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "linli.web.middleware.ActingPerson",
    "linli.web.middleware.DomainErrors",
]
ROOT_URLCONF = "linli.config.urls"
ASGI_APPLICATION = "linli.config.asgi.application"
# Pages with many forms draw their fields in a third of the time that Django's own templates take, and long lists in a tenth.
FORM_RENDERER = "linli.web.form_drawing.Renderer"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "linli.web.context.shell",
            ],
        },
    }
]

DATABASES = {"default": urls.app_database(), "owner": urls.owner_database()}
DATABASE_ROUTERS = ["linli.foundation.database.router.OneDatabase"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "people.Person"
AUTHENTICATION_BACKENDS = ["linli.people.backends.PersonBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.ScryptPasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "/sign-in/"
LOGIN_REDIRECT_URL = "/"

LANGUAGE_CODE = "zh-hans"
LANGUAGES = [("zh-hans", _("Chinese")), ("en", _("English"))]
# As long as a look: who stays signed in does not find the other language when the browser was closed.
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
LANGUAGE_COOKIE_SAMESITE = "Lax"
# All rooms' .po files are compiled into one catalogue there (`foundation/translations.py`).
LOCALE_PATHS = [env.data_dir() / "locale"]
USE_I18N = True
USE_TZ = True
TIME_ZONE = env.get("LINLI_TIME_ZONE")

STATIC_URL = "/static/"
STATIC_ROOT = env.data_dir() / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "linli.foundation.static.NamedByContent"},
}

# Signed cookies: a session costs no round trip. "Sign out everywhere" changes the person's session hash, which ends them all.
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
SESSION_COOKIE_AGE = 14 * 24 * 3600
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "linli.web.errors.csrf_failure"
SECURE_CONTENT_TYPE_NOSNIFF = True
if env.flag("LINLI_HTTPS"):
    SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
    SECURE_HSTS_SECONDS = 365 * 24 * 3600
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")

# A photo of 20 MB is read in pieces; a form without files is never larger than this.
DATA_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 1024 * 1024
FILE_UPLOAD_HANDLERS = [
    "django.core.files.uploadhandler.MemoryFileUploadHandler",
    "linli.foundation.files.BoundedUpload",
]

# Each room's jobs are in its `jobs.py`.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = "jobs"

LINLI_DEMO = env.flag("LINLI_DEMO")
LINLI_FILES = env.data_dir() / "files"

LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "filters": {"without_secrets": {"()": "linli.foundation.logs.WithoutSecrets"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain", "filters": ["without_secrets"]}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "linli": {"level": "INFO"},
        # They write addresses and headers of calls to providers: tokens, secrets, numbers.
        "httpx": {"level": "WARNING"},
        "httpcore": {"level": "WARNING"},
    },
}
