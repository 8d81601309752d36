"""Huawei's own SDK for SFS Turbo, called through json_lines.

argument: {"endpoint", "project", "access", "secret", "token"?} as JSON
"""

import json
import sys

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdksfsturbo.v1 import (
    CreateHpcCacheTaskReq,
    CreateHpcCacheTaskRequest,
    DeleteHpcCacheTaskRequest,
    ListHpcCacheTasksRequest,
    SFSTurboClient,
    ShowHpcCacheTaskRequest,
)
from json_lines import serve

settings = json.loads(sys.argv[1])
credentials = BasicCredentials(settings["access"], settings["secret"], settings["project"])
client = SFSTurboClient.new_builder().with_credentials(credentials).with_endpoint(settings["endpoint"]).build()


def send(invoker):
    # The SDK signs every request. A token is sent in addition, as a header of the request.
    if "token" in settings:
        invoker.add_header("X-Auth-Token", settings["token"])
    return invoker.invoke().to_dict()


def create(share, **task):
    body = CreateHpcCacheTaskReq(**task)
    return send(client.create_hpc_cache_task_invoker(CreateHpcCacheTaskRequest(share_id=share, body=body)))


def show(share, task_id):
    return send(client.show_hpc_cache_task_invoker(ShowHpcCacheTaskRequest(share_id=share, task_id=task_id)))


def list_tasks(share, **query):
    return send(client.list_hpc_cache_tasks_invoker(ListHpcCacheTasksRequest(share_id=share, **query)))


def delete(share, task_id):
    return send(client.delete_hpc_cache_task_invoker(DeleteHpcCacheTaskRequest(share_id=share, task_id=task_id)))


serve(
    {"create": create, "show": show, "list": list_tasks, "delete": delete},
    error_fields=["status_code", "error_code", "error_msg", "request_id"],
)
