"""What the sites with Django have in common: settings, a database, and the people who may sign in."""

import django
from django.conf import settings
from django.core.management import call_command
from django.http import HttpResponse
from people import PEOPLE


def begin(folder, *apps, **own):
    """Sets up the site of the program, with its database in a folder; models can be imported after it."""
    settings.configure(
        SECRET_KEY="of this test alone, 50 characters or more of it all",
        ALLOWED_HOSTS=["localhost"],
        ROOT_URLCONF="__main__",
        INSTALLED_APPS=["django.contrib.auth", "django.contrib.contenttypes", *apps],
        DATABASES={"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": f"{folder}/site.sqlite"}},
        PASSWORD_HASHERS=["django.contrib.auth.hashers.MD5PasswordHasher"],
        **own,
    )
    django.setup()
    call_command("migrate", verbosity=0)
    for name, person in PEOPLE.items():
        first, last = person.name.split(" ", 1)
        users().create_user(name, password=person.password, first_name=first, last_name=last, is_staff=person.is_staff)


def users():
    from django.contrib.auth import get_user_model

    return get_user_model().objects


def change(name, **fields):
    """Changes the account of a person, who stays signed in."""
    users().filter(username=name).update(**fields)
    return HttpResponse(status=204)


def serve(port):
    call_command("runserver", f"127.0.0.1:{port}", "--noreload", verbosity=0)
