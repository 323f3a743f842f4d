"""JSON lines between the harness and a peer: one request in, one answer out. Knows nothing of what is measured."""

import importlib
import json
import sys
import time


def require(*modules):
    """Ends the peer with `{"absent": module}` where something that it needs is not installed."""
    for module in modules:
        try:
            importlib.import_module(module)
        except ModuleNotFoundError as error:
            print(json.dumps({"absent": error.name}), flush=True)
            sys.exit(0)


def serve(versions, tasks):
    """Says `{"ready": versions}`, then answers every request with what `tasks[request["task"]](request)` returns."""
    print(json.dumps({"ready": versions}), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        try:
            answer = tasks[request["task"]](request)
        except Exception as error:  # told to the harness, which stops with it
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), flush=True)


def repeat(seconds, work):
    """Calls `work()`, which returns how many units it did, until the time is up."""
    units = 0
    start = time.perf_counter()
    while True:
        units += work()
        elapsed = time.perf_counter() - start
        if elapsed >= seconds:
            return {"units": units, "seconds": elapsed}
