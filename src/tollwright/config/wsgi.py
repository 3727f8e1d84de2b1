"""The WSGI application that `tollwright serve` serves."""

from __future__ import annotations

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tollwright.config.django")
application = get_wsgi_application()
