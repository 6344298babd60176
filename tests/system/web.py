# SPDX-License-Identifier: Apache-2.0 OR BSD-3-Clause
"""A server on this host for guests with -netdev user: it gives a file, and answers what is sent to it with its checksum."""
import contextlib
import hashlib
import http.server
import threading


def content(size):
    """`size` bytes, a multiple of 32: letters and digits, because busybox ends what it sends at the first zero byte."""
    return "".join(hashlib.md5(b"%d" % block).hexdigest() for block in range(size // 32)).encode()


def checksum(data):
    return hashlib.md5(data).hexdigest()


@contextlib.contextmanager
def serve(data):
    """Gives the address of `data` as a guest sees it, for as long as the block lasts."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def answer(self, body):
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self):
            self.answer(data)

        def do_POST(self):
            self.answer(checksum(self.rfile.read(int(self.headers["Content-Length"]))).encode())

        def log_message(self, *_):
            """The guest says what came of it."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://10.0.2.2:{server.server_port}/file"
        finally:
            server.shutdown()
