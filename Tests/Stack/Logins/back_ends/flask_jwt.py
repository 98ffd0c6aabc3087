"""A Flask site with Flask-JWT-Extended, as the recipe has it.

python flask_jwt.py PORT FOLDER, where FOLDER has the recipe's livekit_login.py
"""

import sys

from flask import Flask, jsonify, request
from flask_jwt_extended import JWTManager, create_refresh_token
from people import signed_in

port, folder = sys.argv[1:]
sys.path.insert(0, folder)

from livekit_login import access_token, settings

app = Flask(__name__)
app.config.update(settings)
JWTManager(app)


@app.post("/sign-in")
def sign_in():
    user = signed_in(request.json["username"], request.json["password"])
    if user is None:
        return "", 401
    return jsonify(access=access_token(user), refresh=create_refresh_token(user.id))


app.run("127.0.0.1", int(port))
