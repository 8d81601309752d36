"""Makes vectors.json: requests as the vendors' own SDKs have signed and sent them to a server on loopback.

usage: pip install huaweicloudsdkcore==3.1.219 bce-python-sdk==0.9.79 && python make_vectors.py >vectors.json
"""

import base64
import copy
import hashlib
import json
import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from importlib.metadata import version

from baidubce import protocol
from baidubce.auth import bce_v1_signer
from baidubce.auth.bce_credentials import BceCredentials
from baidubce.bce_client_configuration import DEFAULT_CONFIG, BceClientConfiguration
from baidubce.http import bce_http_client, handler
from huaweicloudsdkcore.auth.credentials import BasicCredentials, Credentials
from huaweicloudsdkcore.client import Client
from huaweicloudsdkcore.http.http_config import HttpConfig
from huaweicloudsdkcore.sdk_response import SdkResponse
from huaweicloudsdkcore.signer.algorithm import SigningAlgorithm
from huaweicloudsdkcore.signer.signer import Signer

ACCESS, SECRET = "6f7d4c1e2b3a495887766554433221ab", "kD9/2+x-secret_~é"
received = []


class Empty(SdkResponse):
    openapi_types = {}
    attribute_map = {}


class Recorder(BaseHTTPRequestHandler):
    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        headers = {name.lower(): value for name, value in self.headers.items()}
        received.append({"method": self.command, "url": self.path, "headers": headers, "body": base64.b64encode(body).decode()})
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_):
        pass


server = HTTPServer(("127.0.0.1", 0), Recorder)
threading.Thread(target=server.serve_forever, daemon=True).start()
vectors = []


def keep(scheme, name, verdict):
    vectors.append({"scheme": scheme, "name": name, "verdict": verdict, "now": int(time.time()), "request": received.pop()})


class CarelessSigner(Signer):
    """A signer that does not sign one of the headers."""

    leaves_out = None

    @classmethod
    def _process_signed_headers(cls, request):
        return [name for name in super()._process_signed_headers(request) if name != cls.leaves_out]


def huawei(name, method, path, query=(), headers=None, body=None, verdict="good"):
    client = Client()
    client._config = HttpConfig.get_default_config()
    client._config.ignore_ssl_verification = True
    client._credentials = BasicCredentials(ACCESS, SECRET, "a-project")
    client._endpoints = [f"http://127.0.0.1:{server.server_port}"]
    client.init_http_client()
    client.do_http_request(
        method=method, resource_path=path, query_params=list(query), header_params=headers or {}, body=body,
        response_type=Empty, response_headers=[],
    )
    keep("SDK-HMAC-SHA256", name, verdict)


def baidu(name, method, path, params=None, headers=None, body=None, to_sign=None, seconds=1800, verdict="good"):
    config = copy.copy(DEFAULT_CONFIG)
    config.merge_non_none_values(
        BceClientConfiguration(BceCredentials(ACCESS, SECRET), f"http://127.0.0.1:{server.server_port}", protocol.HTTP)
    )

    def sign(credentials, method, path, headers, params):
        if verdict == "bad":
            headers = {name: value for name, value in headers.items() if name != b"Host"}
        return bce_v1_signer.sign(credentials, method, path, headers, params, int(time.time()), seconds, to_sign)

    bce_http_client.send_request(config, sign, [handler.parse_error], method, path, body, dict(headers or {}), params)
    keep("bce-auth-v1", name, verdict)


JSON = {"Content-Type": "application/json;charset=UTF-8"}
TASKS = "/v1/a-project/sfs-turbo/a-share/hpc-cache/task"
huawei("a body of JSON", "POST", TASKS, headers=dict(JSON), body={"type": "import", "src_target": "images"})
huawei("letters beyond ASCII in the body", "POST", TASKS, headers=dict(JSON), body='{"src_prefix": "образ/镜像/ü"}')
huawei("no body", "GET", f"{TASKS}/a-task")
huawei("the type of a body, and none", "DELETE", f"{TASKS}/a-task", headers=dict(JSON))
huawei("a query", "GET", f"{TASKS}s", [("limit", 10), ("offset", 0), ("type", "import"), ("Status", "DOING")])
huawei("a query that has to be encoded", "GET", f"{TASKS}s", [("q", "a b+c/d&e=f~g*é镜"), ("ключ", ""), ("a", "%41")])
huawei("a name several times", "GET", f"{TASKS}s", [("type", ["preload", "import", "Import"]), ("empty", "")])
huawei("a path that is encoded", "GET", "/v5/a-project/jobs/a%20b%2Bc%C3%A9~*")
huawei("a slash at the end", "GET", "/v5/a-project/jobs/")
huawei("headers of its own", "GET", "/v5/a-project/jobs", headers={"X-Language": " en-us ", "X-Name": "é镜"})
huawei("a body that is not signed", "POST", TASKS, headers={"Content-Type": "text/plain"}, body="anything")
huawei("a type that is not JSON, and no body", "GET", TASKS, headers={"Content-Type": "text/plain"})
huawei(
    "the body's hash in a header", "POST", TASKS, body='{"type": "import"}',
    headers={**JSON, "X-Sdk-Content-Sha256": hashlib.sha256(b'{"type": "import"}').hexdigest()},
)
huawei("the hash of another body", "POST", TASKS, body="{}", headers={**JSON, "X-Sdk-Content-Sha256": "0" * 64}, verdict="bad")
Credentials._SIGNER_CASE = {SigningAlgorithm.HMAC_SHA256: CarelessSigner}
for CarelessSigner.leaves_out in ("host", "x-sdk-date"):
    huawei(f"{CarelessSigner.leaves_out} left out", "GET", TASKS, verdict="bad")

BJSON = {b"Content-Type": b"application/json;charset=utf-8"}
IMAGE = b"/v2/image/m-1a2b3c4d"
BODY = json.dumps({"name": "копия-镜像", "destRegion": ["gz", "su"]}, ensure_ascii=False).encode()
baidu("a body of JSON, and a name without a value", b"POST", IMAGE, {b"remoteCopy": None}, BJSON, BODY)
baidu("a name with an empty value", b"POST", IMAGE, {b"cancelRemoteCopy": b""}, BJSON)
baidu("no query", b"GET", IMAGE)
baidu("a query", b"GET", b"/v2/image", {b"maxKeys": b"10", b"marker": b"m 1/2+3&4=5~*\xc3\xa9", b"Type": b"custom"})
baidu("a path that is encoded", b"GET", b"/v2/image/a%20b%2Bc%C3%A9~%2A")
baidu("the host alone", b"POST", IMAGE, {b"remoteCopy": None}, {**BJSON, b"x-bce-date": b""}, BODY, {b"host"})
baidu("a list of headers", b"POST", IMAGE, {b"remoteCopy": None}, BJSON, BODY, {b"host", b"content-type", b"x-bce-date"})
baidu("a list with headers that are not there", b"GET", IMAGE, to_sign={b"host", b"x-bce-date", b"x-bce-security-token", b"content-md5"})
baidu("headers of its own", b"GET", IMAGE, headers={b"x-bce-request-id": b"a/b: \xc3\xa9"})
baidu("another time to live", b"GET", IMAGE, seconds=60)
baidu("an MD5 of the body", b"POST", IMAGE, {b"remoteCopy": None}, {**BJSON, b"Content-MD5": base64.b64encode(hashlib.md5(BODY).digest())}, BODY)
baidu("host left out", b"GET", IMAGE, verdict="bad", to_sign={b"x-bce-date"})

made = {name: version(name) for name in ("huaweicloudsdkcore", "bce-python-sdk")}
print(json.dumps({"made_by": "make_vectors.py", "sdk": made, "access": ACCESS, "secret": SECRET, "vectors": vectors}, indent=1, ensure_ascii=True))
