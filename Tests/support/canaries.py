"""Canaries: secrets that tests use, in the file $STACK/canaries. The test of secrets looks for each in all logs."""

import os


def plant(*canaries):
    with open(f"{os.environ['STACK']}/canaries", "a") as file:
        file.writelines(f"{canary}\n" for canary in canaries)


def keep_error_body(body):
    """Appends the body of a refusal to $STACK/error-bodies.log, as stack.bash does, for the test of secrets."""
    with open(f"{os.environ['STACK']}/error-bodies.log", "ab") as file:
        file.write(body + b"\n")
