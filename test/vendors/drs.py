"""Huawei's own SDK for DRS, called through json_lines.

argument: {"endpoint", "project", "access", "secret"} as JSON
"""

import json
import sys

from huaweicloudsdkcore.auth.credentials import BasicCredentials
from huaweicloudsdkcore.utils.http_utils import sanitize_for_serialization
from huaweicloudsdkdrs import v3
from huaweicloudsdkdrs.v5 import (
    BatchStopJobActionReq,
    BatchStopJobsActionRequest,
    DeleteJobRequest,
    DrsClient,
    ListJobsRequest,
    ShowActionsRequest,
    ShowJobDetailRequest,
    StopJobActionInfo,
    StopJobActionReq,
    StopJobActionRequest,
)
from json_lines import serve

settings = json.loads(sys.argv[1])
credentials = BasicCredentials(settings["access"], settings["secret"], settings["project"])
client = DrsClient.new_builder().with_credentials(credentials).with_endpoint(settings["endpoint"]).build()
client_3 = v3.DrsClient.new_builder().with_credentials(credentials).with_endpoint(settings["endpoint"]).build()


def attributes(response):
    """Returns what a user of the SDK can read: the attributes that its models have, not the JSON that was sent."""
    return sanitize_for_serialization(response)


def stop(job_id, x_language=None, **body):
    request = StopJobActionRequest(job_id=job_id, x_language=x_language, body=StopJobActionReq(**body))
    return attributes(client.stop_job_action(request))


def show(job_id, **query):
    return attributes(client.show_job_detail(ShowJobDetailRequest(job_id=job_id, **query)))


def list_jobs(**query):
    return attributes(client.list_jobs(ListJobsRequest(**query)))


def batch_stop(jobs, x_language=None):
    body = BatchStopJobActionReq(jobs=[StopJobActionInfo(**job) for job in jobs])
    request = BatchStopJobsActionRequest(x_language=x_language, body=body)
    return attributes(client.batch_stop_jobs_action(request))


def actions(job_id):
    return attributes(client.show_actions(ShowActionsRequest(job_id=job_id)))


def delete(job_id):
    return attributes(client.delete_job(DeleteJobRequest(job_id=job_id)))


def details_3(jobs):
    body = v3.BatchQueryJobReqPage(jobs=jobs)
    return attributes(client_3.batch_list_job_details(v3.BatchListJobDetailsRequest(body=body)))


def statuses_3(jobs):
    body = v3.BatchQueryJobReqPage(jobs=jobs)
    return attributes(client_3.batch_list_job_status(v3.BatchListJobStatusRequest(body=body)))


def end_3(job_id, delete_type):
    body = v3.BatchDeleteJobReq(jobs=[v3.DeleteJobReq(job_id=job_id, delete_type=delete_type)])
    return attributes(client_3.batch_delete_jobs(v3.BatchDeleteJobsRequest(body=body)))


serve(
    {
        "actions": actions,
        "batch_stop": batch_stop,
        "delete": delete,
        "details_3": details_3,
        "end_3": end_3,
        "list": list_jobs,
        "show": show,
        "statuses_3": statuses_3,
        "stop": stop,
    },
    error_fields=["status_code", "error_code", "error_msg", "request_id"],
)
