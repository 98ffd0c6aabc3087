"""A Django site with djangorestframework-simplejwt, as the recipe has it.

python simplejwt.py PORT FOLDER, where FOLDER has the recipe's livekit_settings.py and livekit_login.py
"""

import sys

import django_site
from django.urls import path

port, folder = sys.argv[1:]
sys.path.insert(0, folder)

from livekit_settings import SIMPLE_JWT

django_site.begin(folder, "rest_framework", SIMPLE_JWT=SIMPLE_JWT)

from rest_framework_simplejwt.views import TokenObtainPairView, TokenRefreshView


def staff(request, name, is_staff):
    """Makes somebody a host, or an ordinary user."""
    return django_site.change(name, is_staff=is_staff)


urlpatterns = [
    path("sign-in", TokenObtainPairView.as_view()),
    path("refresh", TokenRefreshView.as_view()),
    path("staff/<name>/<int:is_staff>", staff),
]
django_site.serve(port)
