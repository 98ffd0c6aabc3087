"""A Django site with sessions in its database, and the view of the recipe.

python django_session.py PORT FOLDER, where FOLDER has the recipe's livekit_login.py
"""

import json
import sys

import django_site
from django.http import HttpResponse, JsonResponse
from django.urls import path

port, folder = sys.argv[1:]
sys.path.insert(0, folder)
django_site.begin(
    folder,
    "django.contrib.sessions",
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.security.SecurityMiddleware",
    ],
    # What makes a proxy's mistakes visible: a redirect where it does not say that the client spoke TLS.
    SECURE_SSL_REDIRECT=True,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
)

from django.contrib.auth import authenticate, login, logout
from livekit_login import livekit_auth


def sign_in(request):
    user = authenticate(request, **json.loads(request.body))
    if user is None:
        return HttpResponse(status=401)
    login(request, user)
    return JsonResponse({"id": str(user.pk)})


def sign_out(request):
    logout(request)
    return HttpResponse(status=204)


def active(request, name, is_active):
    """Closes or opens the account of a person, who stays signed in."""
    return django_site.change(name, is_active=is_active)


def password(request, name, new):
    """Gives a person a new password."""
    user = django_site.users().get(username=name)
    user.set_password(new)
    user.save()
    return HttpResponse(status=204)


urlpatterns = [
    path("livekit/auth/", livekit_auth),
    path("sign-in", sign_in),
    path("sign-out", sign_out),
    path("active/<name>/<int:is_active>", active),
    path("password/<name>/<new>", password),
]
django_site.serve(port)
