"""A Django site with djangorestframework-simplejwt, as the recipe has it.

python simplejwt.py PORT FOLDER, where FOLDER has the recipe's livekit_settings.py and livekit_login.py
"""

import sys

import django
from django.conf import settings
from django.core.management import call_command
from django.http import HttpResponse
from django.urls import path
from people import PEOPLE

port, folder = sys.argv[1:]
sys.path.insert(0, folder)

from livekit_settings import SIMPLE_JWT

settings.configure(
    SECRET_KEY="of this test alone, 50 characters or more of it all",
    ALLOWED_HOSTS=["localhost"],
    ROOT_URLCONF=__name__,
    INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", "rest_framework"],
    DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/site.sqlite"}},
    PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
    SIMPLE_JWT=SIMPLE_JWT,
)
django.setup()
call_command("migrate", verbosity=0)

from django.contrib.auth import get_user_model
from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView

for name, person in PEOPLE.items():
    first, last = person.name.split(" ", 1)
    get_user_model().objects.create_user(
        name, password=person.password, first_name=first, last_name=last, is_staff=person.is_staff
    )


def staff(request, name, is_staff):
    """Makes somebody a host, or an ordinary user."""
    get_user_model().objects.filter(username=name).update(is_staff=is_staff)
    return HttpResponse(status=204)


urlpatterns = [
    path("sign-in", TokenObtainPairView.as_view()),
    path("refresh", TokenRefreshView.as_view()),
    path("staff/<name>/<int:is_staff>", staff),
]
call_command("runserver", f"127.0.0.1:{port}", "--noreload", verbosity=0)
