"""NTT's own SDK for ECL, called through json_lines.

argument: {"endpoint", "token"} as JSON. The SDK also accepts a token and an endpoint instead of a Keystone, so
that no Keystone is needed here.
"""

import collections
import collections.abc
import json
import sys

# eclsdk 1.11.1 looks for this class in the module that had it before Python 3.10.
collections.MutableMapping = collections.abc.MutableMapping

from ecl.connection import Connection  # noqa: E402
from json_lines import serve  # noqa: E402

FIELDS = (
    "job_id",
    "status",
    "copy_progress",
    "source_image_id",
    "source_region_id",
    "source_tenant_id",
    "destination_image_id",
    "destination_region_id",
    "destination_tenant_id",
)
settings = json.loads(sys.argv[1])
images = Connection(auth_plugin="admin_token", endpoint=settings["endpoint"], token=settings["token"]).image


def fields_of(job):
    return {field: getattr(job, field) for field in FIELDS}


serve(
    {
        "copy": lambda **copy: images.copy_image(**copy).job_id,
        "show": lambda job_id: fields_of(images.get_image_copy_job(job_id)),
        "list": lambda: [fields_of(job) for job in images.list_image_copy_jobs()],
        "cancel": lambda job_id: images.cancel_copy_image(job_id) and None,
    },
    error_fields=["http_status", "message", "details"],
)
