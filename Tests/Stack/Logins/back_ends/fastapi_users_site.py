"""A FastAPI site with FastAPI-Users, as the recipe has it, its users in memory.

python fastapi_users_site.py PORT FOLDER, where FOLDER has a recipe's livekit_login.py
"""

import dataclasses
import sys
import uuid

import uvicorn
from fastapi import FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin
from fastapi_users.authentication import AuthenticationBackend, BearerTransport
from people import PEOPLE

port, folder = sys.argv[1:]
sys.path.insert(0, folder)

from livekit_login import get_jwt_strategy


@dataclasses.dataclass
class User:
    id: uuid.UUID
    email: str
    hashed_password: str
    full_name: str
    is_superuser: bool
    is_active: bool = True
    is_verified: bool = True


class Users:
    def __init__(self):
        self.all = {}

    async def get(self, id):
        return self.all.get(id)

    async def get_by_email(self, email):
        return next((user for user in self.all.values() if user.email == email), None)

    async def update(self, user, changes):
        return dataclasses.replace(user, **changes)


class Manager(UUIDIDMixin, BaseUserManager):
    # In one recipe it is the secret of the access tokens too.
    reset_password_token_secret = verification_token_secret = "of this test alone, 32 characters or more"

    def __init__(self, users):
        super().__init__(users)
        self.reset_tokens = {}

    async def on_after_forgot_password(self, user, token, request=None):
        self.reset_tokens[user.email] = token


users = Users()
manager = Manager(users)
for number, (name, person) in enumerate(PEOPLE.items(), 1):
    identity = uuid.UUID(int=number)
    hashed = manager.password_helper.hash(person.password)
    users.all[identity] = User(identity, f"{name}@example.com", hashed, person.name, person.is_staff)

back_end = AuthenticationBackend("jwt", BearerTransport("sign-in"), get_jwt_strategy)
fastapi_users = FastAPIUsers(lambda: manager, [back_end])
app = FastAPI()
app.include_router(fastapi_users.get_auth_router(back_end))


@app.post("/forgot/{email}")
async def forgot(email: str):
    """The token that would come by e-mail."""
    await manager.forgot_password(await users.get_by_email(email))
    return {"token": manager.reset_tokens[email]}


uvicorn.run(app, host="127.0.0.1", port=int(port), log_level="warning")
