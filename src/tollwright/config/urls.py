"""Which address goes to which door."""

from __future__ import annotations

from django.conf import settings
from django.urls import include, path

from tollwright.web.office.urls import office
from tollwright.web.shared.accounts import account_urls
from tollwright.web.shared.broken import broken
from tollwright.web.shared.security_txt import security_txt
from tollwright.web.shared.signing_in import connect
from tollwright.web.shared.start import change_address, start, zone

connect()
handler500 = broken
urlpatterns = [
    path("office/", office.urls),
    path("accounts/", include(account_urls(mail=bool(settings.EMAIL_HOST)))),
    path("api/v1/", include("tollwright.web.api.urls")),
    path("start/", start, name="start"),
    path("start/zone/", zone, name="zone"),
    path("start/address/", change_address, name="address"),
    path(".well-known/security.txt", security_txt, name="security-txt"),
    path("", include("tollwright.web.portal.urls")),
]
