"""Django's settings, from the process's own."""

from __future__ import annotations

import os
from pathlib import Path

from django.urls import reverse_lazy
from django.utils.translation import gettext_lazy as _

from tollwright.config.database import databases
from tollwright.config.settings import mail_server, read_settings
from tollwright.store.cardcache import keep_in

TOLLWRIGHT = read_settings(os.environ)
keep_in(TOLLWRIGHT.home / "compiled" / "cards")

SECRET_KEY = TOLLWRIGHT.secret_key
DEBUG = TOLLWRIGHT.debug
ALLOWED_HOSTS = list(TOLLWRIGHT.hosts)
CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in TOLLWRIGHT.hosts]

INSTALLED_APPS = [
    "tollwright.web.office",
    "unfold.apps.BasicAppConfig",
    "unfold.contrib.filters",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "ninja",
    "procrastinate.contrib.django",
    "tollwright.data",
    "tollwright.web.portal",
]

MIDDLEWARE = [
    "tollwright.web.shared.proxies.ClientMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "tollwright.web.shared.headers.PolicyMiddleware",
    "tollwright.web.shared.uploads.BoundedBodyMiddleware",
    "tollwright.web.api.problems.ProblemMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "tollwright.web.shared.sessions.SessionLimitMiddleware",
    "tollwright.web.shared.tenancy.TenantMiddleware",
    "tollwright.web.shared.second_factor.SecondFactorMiddleware",
]

ROOT_URLCONF = "tollwright.config.urls"
WSGI_APPLICATION = "tollwright.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).parent.parent / "web" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "builtins": ["tollwright.web.shared.templating", "tollwright.web.shared.components"],
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    }
]

DATABASES = databases(TOLLWRIGHT)
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

AUTH_USER_MODEL = "data.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("email", "first_name", "last_name")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {
        "NAME": "tollwright.web.shared.leaked.LeakedPasswordValidator",
        "OPTIONS": {"path": TOLLWRIGHT.leaked_passwords},
    },
]
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
# Who is unknown here is told nothing by mail either: the answer on screen is the same for both.
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_ADAPTER = "tollwright.web.shared.signing_in.AccountAdapter"
MFA_ADAPTER = "tollwright.web.shared.signing_in.FactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_TOTP_ISSUER = "Tollwright"
LOGIN_URL = reverse_lazy("account_login")
LOGIN_REDIRECT_URL = "/start/"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]
USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATICFILES_DIRS = [Path(__file__).parent.parent / "web" / "static"]
WHITENOISE_USE_FINDERS = True

# The worker registers what it can do; a page only asks for it by name.
PROCRASTINATE_AUTODISCOVER_MODULE_NAME = ""

# Uploads are bounded: a form's fields here, its files by each view.
DATA_UPLOAD_MAX_MEMORY_SIZE = 20 * 1024 * 1024
FILE_UPLOAD_MAX_MEMORY_SIZE = 2 * 1024 * 1024

# Counts of attempts and used codes, the same for all processes.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "shared_cache",
        "OPTIONS": {"MAX_ENTRIES": 100_000},
    }
}
SESSION_ENGINE = "tollwright.data.sealing"
SESSION_IDLE_SECONDS = TOLLWRIGHT.session_idle_s
SESSION_COOKIE_AGE = TOLLWRIGHT.session_longest_s
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = TOLLWRIGHT.secure
# Whose word on the client is taken: of the machines in front of us, and of nobody else.
TRUSTED_PROXIES = TOLLWRIGHT.proxies
API_REQUESTS_A_MINUTE = TOLLWRIGHT.api_rate
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if TOLLWRIGHT.secure else None
SECURE_HSTS_SECONDS = 31_536_000 if TOLLWRIGHT.secure else 0
X_FRAME_OPTIONS = "DENY"

EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
_MAIL = mail_server(TOLLWRIGHT.mail_url)
EMAIL_HOST, EMAIL_PORT = _MAIL.host, _MAIL.port
EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = _MAIL.user, _MAIL.password
EMAIL_USE_SSL, EMAIL_USE_TLS = _MAIL.tls == "tls", _MAIL.tls == "starttls"
DEFAULT_FROM_EMAIL = SERVER_EMAIL = _MAIL.sender
EMAIL_TIMEOUT = 20

UNFOLD = {
    "SITE_TITLE": "Tollwright",
    "SITE_HEADER": "Tollwright",
    "SITE_SYMBOL": "toll",
    "SHOW_HISTORY": False,
    "SIDEBAR": {
        "show_search": False,
        "navigation": "tollwright.web.office.navigation.navigation",
    },
}

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
}
