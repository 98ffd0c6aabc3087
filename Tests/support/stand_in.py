"""Stands where the responder should, and says what nginx sends.

python -m support.stand_in SOCKET          for one request: whether the connection is to be kept, and each parameter as
                                           NAME=value
python -m support.stand_in --mute SOCKET   never answers
"""

import os
import socket
import sys
import time

from support import fastcgi


def main(*arguments):
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(arguments[-1])
    os.chmod(arguments[-1], 0o666)
    listener.listen()
    if arguments[0] == "--mute":
        time.sleep(20)
        return
    connection, _ = listener.accept()
    records, params = fastcgi.Records(), b""
    while chunk := connection.recv(65536):
        for kind, content in records.feed(chunk):
            if kind == fastcgi.BEGIN_REQUEST:
                print("kept" if content[2] & 1 else "not kept")
            elif kind == fastcgi.PARAMS:
                params += content
            elif kind == fastcgi.STDIN and not content:
                for name, value in fastcgi.decoded_name_values(params):
                    print(f"{name}={value}")
                return


if __name__ == "__main__":
    main(*sys.argv[1:])
