"""A model's repository: complete by itself, with a card that is true, and uploaded as it is."""

import hashlib
import json
import re
import subprocess
import sys
import threading
from base64 import b64decode
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pandas as pd
import pytest
import yaml
from conftest import ROOT
from scipy.special import expit


@pytest.fixture(params=["rank", "pair"])
def model(finished, request):
    return finished / f"results/small/lab/{request.param}/seed-1"


def test_it_is_complete(model):
    repository = model / "repository"
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        assert (repository / name).read_bytes() == (model / "model" / name).read_bytes()
    onnx = {path.name for path in (repository / "onnx").iterdir()}
    assert onnx == {"model.onnx", "model_fused.onnx"}
    assert (repository / "onnx/model.onnx").read_bytes() == (model / "onnx/model.onnx").read_bytes()


def test_the_card_says_what_was_measured(model):
    text = (model / "repository/README.md").read_text(encoding="utf-8")
    front = yaml.safe_load(text.split("---\n")[1])
    assert (front["license"], front["library_name"]) == ("unknown", "transformers")
    metrics = json.loads((model / "metrics.json").read_text())
    (index,) = front["model-index"]
    values = {each["type"]: each["value"] for each in index["results"][0]["metrics"]}
    assert values["accuracy"] == metrics["accuracy"]
    low, high = metrics["ci"]["accuracy"]
    assert f"| pair accuracy | {metrics['accuracy']:.3f} | {low:.3f} to {high:.3f} |" in text
    baselines = pd.read_csv(model.parents[1] / "baselines.csv").set_index("model")["accuracy"]
    assert f"| ridge | {baselines['ridge']:.3f} |" in text
    assert "150 rows (csv), of which 150 were accepted" in text
    assert "of them in training too | 0 |" in text
    assert "of 6 to 9 bases, RNA" in text


def test_its_code_works_without_ours(model, tmp_path):
    """Both blocks of code of the card, in a Python that knows nothing of this project."""
    text = (model / "repository/README.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.S)
    assert len(blocks) == 2
    pairs = pd.read_csv(model / "predictions.csv").head(40)
    lists = [pairs[column].tolist() for column in ("Sequence1", "Sequence2")]
    for code in blocks:
        code, places = re.subn(r"first, second = .*", f"first, second = {lists}", code)
        assert places == 1
        (tmp_path / "load.py").write_text(code.replace('"."', repr(str(model / "repository"))))
        command = [sys.executable, "-I", "load.py"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert np.allclose(json.loads(done.stdout), pairs["Probability"], atol=1e-5)


class Hub(BaseHTTPRequestHandler):
    """What the hub answers to the calls of an upload."""

    protocol_version = "HTTP/1.1"

    def answer(self, content=None):
        said = json.dumps(content or {}).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_PUT(self):
        self.server.large[self.path.rpartition("/")[2]] = self.body()
        self.answer()

    def do_GET(self):
        self.server.calls.append(("GET", self.path))
        self.answer({"sha": "0" * 40, "siblings": []})

    def do_POST(self):
        hub, body = self.server, self.body()
        hub.calls.append(("POST", self.path))
        hub.tokens.add(self.headers.get("Authorization"))
        host = f"http://{self.headers['Host']}"
        if self.path.startswith("/api/repos/create"):
            hub.created = json.loads(body)
            self.answer({"url": f"{host}/me/mine"})
        elif "/preupload/" in self.path:
            files = [each["path"] for each in json.loads(body)["files"]]
            large = (".safetensors", ".onnx")
            modes = {path: "lfs" if path.endswith(large) else "regular" for path in files}
            self.answer(
                {
                    "files": [
                        {"path": path, "uploadMode": mode, "shouldIgnore": False}
                        for path, mode in modes.items()
                    ]
                }
            )
        elif self.path.endswith("/info/lfs/objects/batch"):
            objects = json.loads(body)["objects"]
            for each in objects:
                each["actions"] = {"upload": {"href": f"{host}/lfs/{each['oid']}"}}
            self.answer({"transfer": "basic", "objects": objects})
        elif "/commit/" in self.path:
            hub.commit = [json.loads(line) for line in body.splitlines()]
            self.answer({"commitUrl": f"{host}/me/mine/commit/1", "commitOid": "1" * 40})
        else:
            self.answer()

    def log_message(self, *_):
        pass


@pytest.fixture
def hub():
    with ThreadingHTTPServer(("127.0.0.1", 0), Hub) as server:
        server.calls, server.tokens, server.large, server.commit = [], set(), {}, []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def publish(hub, folder, *arguments, **variables):
    """Run the program as a user would, with the stand-in for the hub."""
    return subprocess.run(
        [sys.executable, ROOT / "scripts/publish.py", folder, *arguments],
        env={"HF_ENDPOINT": f"http://127.0.0.1:{hub.server_port}", "HOME": str(folder)} | variables,
        capture_output=True,
        text=True,
        check=False,
    )


def test_what_arrives_is_the_folder(hub, finished):
    folder = finished / "results/small/lab/rank/seed-1/repository"
    token = {"HF_TOKEN": "hf_secret", "HF_HUB_DISABLE_XET": "1"}
    done = publish(hub, folder, "--repository", "me/mine", "--upload", **token)
    assert done.returncode == 0, done.stderr
    assert "me/mine/commit/1" in done.stderr
    assert "hf_secret" not in done.stderr + done.stdout
    assert hub.tokens == {"Bearer hf_secret"}
    assert (hub.created["name"], hub.created["organization"]) == ("mine", "me")
    assert hub.created["visibility"] == "private"
    arrived = {}
    for line in hub.commit[1:]:
        value = line["value"]
        if line["key"] == "file":
            arrived[value["path"]] = b64decode(value["content"])
        else:
            content = hub.large[value["oid"]]
            assert hashlib.sha256(content).hexdigest() == value["oid"]
            arrived[value["path"]] = content
    files = [path for path in folder.rglob("*") if path.is_file() and path.name[0] != "."]
    assert arrived == {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}
    assert len(arrived) == 7


def test_a_dry_run_asks_nobody(hub, finished):
    folder = finished / "results/small/lab/rank/seed-1/repository"
    done = publish(hub, folder, "--repository", "me/mine", HF_TOKEN="hf_secret")
    assert done.returncode == 0
    assert "7 files would go to me/mine (private where it is new); nothing was sent" in done.stderr
    assert "onnx/model.onnx: " in done.stderr
    assert not hub.calls


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["--repository", "me/mine", "--upload"],
            "no token: set the environment variable HF_TOKEN",
        ),
        (["--upload"], "no repository is named"),
        (["--repository", "me/mine/x", "--upload"], "repository 'me/mine/x': "),
    ],
)
def test_what_is_missing(hub, finished, arguments, said):
    done = publish(hub, finished / "results/small/lab/rank/seed-1/repository", *arguments)
    assert done.returncode == 1
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not hub.calls


def test_a_hub_that_is_not_there(hub, finished):
    folder = finished / "results/small/lab/rank/seed-1/repository"
    hub.shutdown()
    hub.server_close()
    done = publish(hub, folder, "--repository", "me/mine", "--upload", HF_TOKEN="hf_secret")
    assert done.returncode == 1
    assert "me/mine: the hub refused or was not reached" in done.stderr
    assert "Traceback" not in done.stderr


def test_odds(finished):
    """The card's probabilities are those of the run, not of something else that is near."""
    table = pd.read_csv(finished / "results/small/lab/rank/seed-1/predictions.csv")
    scores = pd.read_csv(finished / "results/small/lab/rank/seed-1/scores.csv")
    score = scores.set_index("sequence")["predicted"]
    odds = score[table["Sequence1"]].to_numpy() - score[table["Sequence2"]].to_numpy()
    assert np.allclose(expit(odds), table["Probability"], atol=1e-5)
