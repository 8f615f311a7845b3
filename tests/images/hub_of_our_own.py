"""Serve a small MNIST as the Hub does, with or without a fault on the way, and load it: run by test_hub.py."""

import hashlib
import io
import os
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pyarrow as pa
from PIL import Image
from pyarrow import parquet

FAULT = os.environ["FAULT"]
COMMIT = "77f3279092a1c1579b2250db8eafed0ad422088c"


def table():
    rows = []
    for seed in range(300):
        buffer = io.BytesIO()
        levels = np.random.default_rng(seed).integers(0, 256, (28, 28), dtype=np.uint8)
        Image.fromarray(levels).save(buffer, "PNG")
        rows.append({"bytes": buffer.getvalue(), "path": None})
    pictures = pa.array(rows, type=pa.struct([("bytes", pa.binary()), ("path", pa.string())]))
    file = io.BytesIO()
    parquet.write_table(pa.table({"image": pictures, "label": pa.array([i % 10 for i in range(300)])}), file)
    return file.getvalue()


CONTENT = table()
DIGEST = hashlib.sha256(CONTENT).hexdigest()


class Hub(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_HEAD(self):
        known = f"/resolve/{COMMIT}/mnist/" in self.path
        self.send_response(200 if known else 404)
        length = len(CONTENT) if known else 0
        sent = {"ETag": f'"{DIGEST}"', "X-Linked-Etag": f'"{DIGEST}"', "X-Repo-Commit": COMMIT, "X-Linked-Size": length}
        # a server that tells the wrong length closes the connection in good order
        sent["Content-Length"] = length // 2 if FAULT == "end" and self.command == "GET" else length
        for name, value in sent.items():
            self.send_header(name, str(value))
        self.end_headers()

    def do_GET(self):
        self.do_HEAD()
        if f"/resolve/{COMMIT}/mnist/" in self.path:
            sent = bytearray(CONTENT)
            if FAULT == "bit":
                sent[5000] ^= 1
            self.wfile.write(sent[: len(sent) // 2] if FAULT == "end" else sent)


server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
threading.Thread(target=server.serve_forever, daemon=True).start()
os.environ |= {"HF_ENDPOINT": f"http://127.0.0.1:{server.server_port}", "NO_PROXY": "127.0.0.1"}

from wgan_helpers import images  # noqa: E402

try:
    found = images.load("mnist")
    print(len(found), found.shape, found.labels[13].item())
except ConnectionError as error:
    print(error)
