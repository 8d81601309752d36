"""Baidu's own SDK for BCC, called through json_lines.

argument: {"endpoint", "access", "secret"} as JSON. The SDK spells its method `cancle_remote_copy_image`.
"""

import functools
import json
import sys

from baidubce.auth.bce_credentials import BceCredentials
from baidubce.bce_client_configuration import BceClientConfiguration
from baidubce.exception import BceHttpClientError
from baidubce.services.bcc.bcc_client import BccClient
from json_lines import serve

settings = json.loads(sys.argv[1])
credentials = BceCredentials(settings["access"], settings["secret"])
client = BccClient(BceClientConfiguration(credentials, settings["endpoint"]))


def answer_of(call):
    @functools.wraps(call)
    def called(**arguments):
        try:
            response = call(**arguments)
        except BceHttpClientError as error:
            error.last = {"type": type(error.last_error).__name__, "message": str(error.last_error)}
            raise
        return {
            "request_id": response.metadata.bce_request_id,
            "body": json.loads(response.raw_data or "null"),
        }

    return called


serve(
    {
        "copy": answer_of(client.remote_copy_image),
        "show": answer_of(client.get_image),
        "cancel": answer_of(client.cancle_remote_copy_image),
    },
    error_fields=["status_code", "code", "request_id", "last"],
)
