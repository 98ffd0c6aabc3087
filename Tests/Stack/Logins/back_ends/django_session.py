"""A Django site with sessions in its database, and the view of the recipe.

python django_session.py PORT FOLDER, where FOLDER has the recipe's livekit_login.py
"""

import json
import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.http import HttpResponse, JsonResponse
from django.urls import path
from people import PEOPLE

port, folder = sys.argv[1:]
sys.path.insert(0, folder)
settings.configure(
    SECRET_KEY="of this test alone, 50 characters or more of it all",
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions"],
    MIDDLEWARE=[
        "django.contrib.sessions.middleware.SessionMiddleware",
        "django.contrib.auth.middleware.AuthenticationMiddleware",
        "django.middleware.security.SecurityMiddleware",
    ],
    # What makes a proxy's mistakes visible: a redirect where it does not say that the client spoke TLS.
    SECURE_SSL_REDIRECT=True,
    SECURE_PROXY_SSL_HEADER=("HTTP_X_FORWARDED_PROTO", "https"),
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/site.sqlite"}},
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
)
django.setup()
call_command("migrate", verbosity=0)

from django.contrib.auth import authenticate, get_user_model, login, logout
from livekit_login import livekit_auth

for name, person in PEOPLE.items():
    first, last = person.name.split(" ", 1)
    get_user_model().objects.create_user(
        name, password=person.password, first_name=first, last_name=last, is_staff=person.is_staff
    )


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
    get_user_model().objects.filter(username=name).update(is_active=is_active)
    return HttpResponse(status=204)


def password(request, name, new):
    """Gives a person a new password."""
    user = get_user_model().objects.get(username=name)
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
call_command("runserver", f"127.0.0.1:{port}", "--noreload", verbosity=0)
