"""Every address of the office. A law test knows them all: an id of another tenant is a 404."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.urls import URLPattern, path

from tollwright.web.backoffice import home
from tollwright.web.backoffice.site import office


def _page(route: str, view: Callable[..., HttpResponse], name: str) -> URLPattern:
    return path(route, office.admin_view(view), name=name)


office.pages = [
    _page("", home.home, "home"),
]
