"""Puts command lines of the Azure CLI (a JSON list of argument lists) through its own parser, and says of each what it refuses. Nothing is run."""
import contextlib
import io
import json
import sys

from azure.cli.core import get_default_cli
from knack.events import EVENT_INVOKER_POST_PARSE_ARGS


class Parsed(BaseException):
    pass


def stop(*_, **__):
    raise Parsed()


# One for all lines: the CLI's log keeps to the first that it finds.
said = io.StringIO()


def refusal(args):
    cli = get_default_cli()
    cli.register_event(EVENT_INVOKER_POST_PARSE_ARGS, stop)
    begin = len(said.getvalue())
    try:
        code = cli.invoke(args, out_file=said)
    except Parsed:
        return None
    except SystemExit as exit:
        code = exit.code
    return f"{code} {said.getvalue()[begin:]}"


with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
    refusals = [refusal(args) for args in json.load(sys.stdin)]
json.dump(refusals, sys.stdout)
