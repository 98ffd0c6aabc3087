"""Stands where the responder should, and says what nginx sends.

    params.py SOCKET          for one request: whether the connection is to be kept, and each parameter as NAME=value
    params.py --mute SOCKET   never answers anybody
"""

import os
import socket
import struct
import sys
import time

from fastcgi import BEGIN_REQUEST, PARAMS, STDIN

listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[-1])
os.chmod(sys.argv[-1], 0o666)
listener.listen()
if sys.argv[1] == "--mute":
    time.sleep(20)
    sys.exit()

connection, _ = listener.accept()
stream, params = connection.makefile("rb"), b""
while True:
    _, kind, _, length, padding = struct.unpack(">BBHHBx", stream.read(8))
    content = stream.read(length + padding)[:length]
    if kind == BEGIN_REQUEST:
        print("kept" if content[2] & 1 else "not kept")
    elif kind == PARAMS:
        params += content
    elif kind == STDIN and not content:
        break


def take_length():
    global params
    if params[0] < 128:
        length, params = params[0], params[1:]
    else:
        length, params = struct.unpack(">I", params[:4])[0] & 0x7FFFFFFF, params[4:]
    return length


while params:
    name_length, value_length = take_length(), take_length()
    name, value = params[:name_length], params[name_length : name_length + value_length]
    params = params[name_length + value_length :]
    print(f"{name.decode()}={value.decode()}")
