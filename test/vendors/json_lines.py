"""Lets a test call a vendor's SDK: each line of stdin is a call, and each line of stdout is its result.

["create", {"type": "import"}] -> {"result": ...} or {"error": {"type": "ClientRequestException", ...}}
"""

import json
import sys


def serve(calls, error_fields):
    """Serves until stdin ends.

    calls: functions by name, whose results are JSON
    error_fields: attributes of the SDK's exceptions that are returned to the test
    """
    for line in sys.stdin:
        name, arguments = json.loads(line)
        try:
            answer = {"result": calls[name](**arguments)}
        except Exception as error:
            fields = {field: getattr(error, field) for field in error_fields if hasattr(error, field)}
            answer = {"error": {"type": type(error).__name__, "text": str(error), **fields}}
        print(json.dumps(answer), flush=True)
