# SPDX-License-Identifier: MIT
"""What is downloaded: nginx with its files, and the demo site."""
import hashlib
import os
import random
import selectors
import socket
import subprocess
import time

N_SMALL = 10000
N_SITES = 160
BIG_BYTES = 1 << 30
LATENCY_MS = 50
SITE_BYTES = (10490, 278)  # of the pages that examples/sites.txt asks for

NGINX_CONFIG = """
daemon off;
master_process off;
pid {dir}/nginx.pid;
error_log {dir}/error.log warn;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    sendfile on;
    tcp_nopush on;
    keepalive_requests 100000000;
    keepalive_timeout 600s;
    client_body_temp_path {dir}/tmp;
    proxy_temp_path {dir}/tmp;
    fastcgi_temp_path {dir}/tmp;
    uwsgi_temp_path {dir}/tmp;
    scgi_temp_path {dir}/tmp;
    ssl_certificate {dir}/cert.pem;
    ssl_certificate_key {dir}/key.pem;
    server {{
        listen 127.0.0.1:{http_port} backlog=4096;
        listen 127.0.0.1:{https_port} ssl http2 backlog=4096;
        root {dir}/www;
    }}
}}
"""


def write_files(folder):
    """Write the files that nginx serves; return the sum of the small ones, and
    the SHA-256 of the big one.

    The same files in every run: their sizes and bytes come from a fixed seed.
    """
    rng = random.Random(160)
    small = folder / "small"
    small.mkdir(parents=True)
    total = 0
    for i in range(N_SMALL):
        body = rng.randbytes(rng.randint(1024, 10240))
        (small / f"{i:05}").write_bytes(body)
        total += len(body)
    sha256 = hashlib.sha256()
    with open(folder / "big", "wb") as big:
        block = rng.randbytes(1 << 20)
        for i in range(BIG_BYTES >> 20):
            big.write(block[i:] + block[:i])
            sha256.update(block[i:] + block[:i])
    return total, sha256.hexdigest()


def make_certificate(folder):
    """Make a certificate for 127.0.0.1 that is its own CA."""
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
         "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
        check=True, capture_output=True)
    return folder / "cert.pem"


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def accepts(port):
    try:
        socket.create_connection(("127.0.0.1", port), 1).close()
    except OSError:
        return False
    return True


class Server:
    """A child process, ended with the block that it is used in."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class Nginx(Server):
    """nginx on loopback; one worker, as the client wants the other CPU."""

    def __init__(self, folder):
        self.ca = make_certificate(folder)
        (folder / "tmp").mkdir()
        for _ in range(5):  # another program may take a free port before nginx
            if self._start(folder):
                return
        raise SystemExit("bench: nginx does not start:\n" +
                         (folder / "error.log").read_text(errors="replace"))

    def _start(self, folder):
        self.http_port, self.https_port = free_port(), free_port()
        config = folder / "nginx.conf"
        config.write_text(NGINX_CONFIG.format(dir=folder, **vars(self)))
        self.process = subprocess.Popen(
            ["nginx", "-c", config, "-p", folder, "-e", folder / "error.log"],
            stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(100):
            if self.process.poll() is not None:
                return False
            if accepts(self.http_port) and accepts(self.https_port):
                return True
            time.sleep(0.05)
        self.process.kill()
        self.process.wait()
        return False


class Site(Server):
    """asyncdl-site, which says its ports as lines `http N` and `https N`."""

    def __init__(self, program, folder):
        folder.mkdir()
        self.ca = folder / "ca.pem"
        self.process = subprocess.Popen(
            [program, "--port", "0", "--tls-port", "0", "--latency",
             str(LATENCY_MS), "--cert-dir", folder, "--exit-with-parent"],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        ports = self._read_ports(time.monotonic() + 10)
        self.http_port, self.https_port = ports["http"], ports["https"]

    def _read_ports(self, deadline):
        ports, text = {}, b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while not {"http", "https"} <= ports.keys():
                selector.select(max(0, deadline - time.monotonic()))
                piece = b""
                if time.monotonic() < deadline:
                    piece = os.read(self.process.stdout.fileno(), 4096)
                if not piece:
                    self.__exit__()
                    raise SystemExit("bench: asyncdl-site says no ports")
                text += piece
                words = [line.split() for line in text.split(b"\n")[:-1]]
                ports = {w[0].decode(): int(w[1]) for w in words
                         if len(w) == 2 and w[1].isdigit()}
        return ports
