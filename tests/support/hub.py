"""A stand-in for the Hugging Face Hub: the calls that an upload makes, by HTTP, kept in memory."""

import base64
import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

import yaml

from aptarank.report.licenses import ON_THE_HUB

TOKEN = "hf_ofTheTestsAndOfNobody"
LARGE = (".safetensors", ".onnx")  # what the Hub takes as large files


class Hub(ThreadingHTTPServer):
    """Repositories by name, `{"private": …, "files": {path: bytes}}`; `seen` has all requests."""

    daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.repositories, self.large, self.seen = {}, {}, []
        self.refuse = None  # a status with which to answer every request
        self.address = f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def answer(self, found, status=200):
        content = json.dumps(found).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def handle_any(self):
        hub, path = self.server, urlsplit(self.path).path
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        hub.seen.append((self.command, path))
        if path.startswith("/large/"):  # its address is what allows it, as it does on the Hub
            name = path.removeprefix("/large/")
            assert hashlib.sha256(body).hexdigest() == name
            hub.large[name] = body
            return self.answer({})
        if hub.refuse:
            return self.answer({"error": "refused"}, hub.refuse)
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer({"error": "Invalid username or password."}, 401)
        parts = path.strip("/").split("/")
        if parts == ["api", "repos", "create"]:
            return self.create(json.loads(body))
        if parts == ["api", "validate-yaml"]:
            return self.validate(json.loads(body))
        if parts[-4:] == ["info", "lfs", "objects", "batch"]:
            return self.batch(json.loads(body))
        repository = hub.repositories.get("/".join(parts[2:4])) if parts[1] == "models" else None
        if repository is None:
            return self.answer({"error": "Repository not found"}, 404)
        if len(parts) == 4:
            about = {"id": "/".join(parts[2:4]), "private": repository["private"], "siblings": []}
            return self.answer(about)
        if parts[4] == "tree":
            files = [
                {"type": "file", "path": name, "size": len(content), "oid": "0" * 40}
                for name, content in repository["files"].items()
            ]
            return self.answer(files)
        if parts[4] == "preupload":
            modes = [
                {
                    "path": file["path"],
                    "uploadMode": "lfs" if file["path"].endswith(LARGE) else "regular",
                    "shouldIgnore": False,
                }
                for file in json.loads(body)["files"]
            ]
            return self.answer({"files": modes})
        assert parts[4:] == ["commit", "main"], path
        self.commit(repository["files"], [json.loads(line) for line in body.splitlines()])
        address = f"{hub.address}/{'/'.join(parts[2:4])}/commit/{'1' * 40}"
        return self.answer({"commitUrl": address, "commitOid": "1" * 40})

    do_GET = do_POST = do_PUT = handle_any  # noqa: N815 (http.server's names)

    def create(self, wanted):
        name = f"{wanted['organization']}/{wanted['name']}"
        there = name in self.server.repositories
        private = wanted.get("visibility") == "private" or wanted.get("private", False)
        if not there:
            self.server.repositories[name] = {"private": private, "files": {}}
        self.answer({"url": f"{self.server.address}/{name}", "name": name}, 409 if there else 200)

    def validate(self, card):
        """What the Hub asks of a card's metadata, of which it names the licence."""
        metadata = yaml.safe_load(card["content"].split("---")[1])
        errors = [] if metadata["license"] in ON_THE_HUB else [{"message": '"license" is wrong'}]
        self.answer({"errors": errors, "warnings": []})

    def batch(self, wanted):
        assert wanted["operation"] == "upload"
        objects = []
        for each in wanted["objects"]:
            upload = {"href": f"{self.server.address}/large/{each['oid']}"}
            objects.append(each | {"actions": {"upload": upload}})
        self.answer({"transfer": "basic", "objects": objects})

    def commit(self, files, lines):
        for line in lines:
            value = line["value"]
            if line["key"] == "file":
                files[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "lfsFile":
                files[value["path"]] = self.server.large[value["oid"]]
            elif line["key"] == "deletedFile":
                del files[value["path"]]
            else:
                assert line["key"] == "header"


@contextmanager
def running():
    """A hub that answers."""
    hub = Hub()
    thread = threading.Thread(target=hub.serve_forever)
    thread.start()
    try:
        yield hub
    finally:
        hub.shutdown()
        thread.join()
        hub.server_close()
