"""Django settings, derived from the environment (config.env) and nothing else."""

import django_stubs_ext
from django.templatetags.static import static
from django.utils.translation import gettext_lazy as _

from config.database import database_settings
from config.env import BASE_DIR, read_environment
from config.secrets import local_secret
from config.services import locations

# Lets annotations such as ModelForm[Sku] stand in code that runs.
django_stubs_ext.monkeypatch()

ENV = read_environment()
VAR_DIR = BASE_DIR / "var"
SERVICES = locations(BASE_DIR)

DEBUG = ENV.onepool_debug
SECRET_KEY = ENV.onepool_secret_key or local_secret(VAR_DIR / "secret_key")
CREDENTIAL_KEYS = [key for key in ENV.onepool_credential_keys.split(",") if key] or [
    local_secret(VAR_DIR / "credential_key", fernet=True)
]
ALLOWED_HOSTS = ENV.onepool_allowed_hosts.split(",")
MARKETPLACE_URL = ENV.onepool_marketplace_url

INSTALLED_APPS = [
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.import_export",
    "unfold.contrib.inlines",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.humanize",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_linear_migrations",
    "import_export",
    "ninja",
    "core",
    "strategies",
    "inventory",
    "channels",
]

MIDDLEWARE = [
    "core.middleware.request_id",
    "core.middleware.problem_answers",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "core.key_calls.Sessions",
    "core.key_calls.Languages",
    "core.key_calls.Addresses",
    "django.middleware.csrf.CsrfViewMiddleware",
    "core.key_calls.Users",
    "core.key_calls.Messages",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

DATABASES = {"default": database_settings(ENV.database_url, SERVICES)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
MIGRATION_LINTER_OPTIONS = {"exclude_apps": ["auth", "contenttypes", "sessions"]}

REDIS_URL = ENV.redis_url or SERVICES.redis_url
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "onepool",
    },
}
TASK_QUEUE_APP = "config.celery.app"
TASK_PACKAGES = [
    "core",
    "core.audit",
    "strategies",
    "inventory.ledger",
    "inventory.supply",
    "channels.cascade",
    "channels.figures",
    "channels.reservations",
    "channels.sync",
]
SHEET_PACKAGES = [
    "inventory.catalogue",
    "inventory.ledger",
    "inventory.supply",
    "channels.figures",
    "channels.shops",
    "channels.simulation",
]
CELERY_BROKER_URL = ENV.broker_url or SERVICES.broker_url

AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("zh-hans", "简体中文")]
LOCALE_PATHS = [BASE_DIR / "locale"]
TIME_ZONE = "Asia/Shanghai"
USE_I18N = True
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
MEDIA_ROOT = VAR_DIR / "media"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024 * 1024
# Uploaded stock files are nobody's business but the product's.
FILE_UPLOAD_PERMISSIONS = 0o600
FILE_UPLOAD_DIRECTORY_PERMISSIONS = 0o700
FILE_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024

# Per API key: so many requests a second in the long run, and so many at once.
API_RATE_PER_SECOND: float = ENV.onepool_api_rate_per_second
API_BURST: int = ENV.onepool_api_burst

X_FRAME_OPTIONS = "DENY"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True

UNFOLD = {
    "SITE_TITLE": "Onepool",
    "SITE_HEADER": "Onepool",
    "SITE_SUBHEADER": _("One stock for every channel"),
    "SITE_SYMBOL": "inventory_2",
    "SITE_URL": None,
    "SHOW_LANGUAGES": True,
    "SHOW_HISTORY": True,
    "SHOW_VIEW_ON_SITE": False,
    "SHOW_BACK_BUTTON": True,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _request: static("onepool/icon.svg")},
    ],
    "STYLES": [lambda _request: static("onepool/admin.css")],
    "SCRIPTS": [lambda _request: static("onepool/admin.js")],
    "DASHBOARD_CALLBACK": "config.dashboard.dashboard",
    "COMMAND": {"search_callback": "config.search.search", "search_models": False, "show_history": True},
    "SIDEBAR": {"show_search": True, "command_search": True, "navigation": "config.navigation.sidebar"},
}
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "INFO"},
    # One line per request to a platform, or per caller of the API who is told no, would bury everything else.
    "loggers": {"httpx2": {"level": "WARNING"}, "django.request": {"level": "ERROR"}},
}
