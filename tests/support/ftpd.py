#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""An FTP server for tests: ftpd.py DIR PORT TLS_PORT MAX

Serves DIR on loopback, in the clear and with TLS from the first byte
(cert.pem and key.pem in there), to anonymous and to "user" with the password
"secret". DIR/ftp.log gets each command. Names have a meaning:

  cut...     sent half, then the connection breaks; only the first time
  norest...  likewise, and REST is refused from then on
  busy...    refused with 450; only the first time

A host may have MAX connections (0: any number): 421 refuses further ones.
"""
import os
import sys
import warnings

warnings.filterwarnings("ignore", category=DeprecationWarning)

from pyftpdlib import log  # noqa: E402
from pyftpdlib.authorizers import DummyAuthorizer  # noqa: E402
from pyftpdlib.handlers import (DTPHandler, FTPHandler,  # noqa: E402
                                TLS_DTPHandler, TLS_FTPHandler)
from pyftpdlib.ioloop import IOLoop  # noqa: E402
from pyftpdlib.servers import FTPServer  # noqa: E402

met = set()


def is_first(path, word):
    """Is it the first time for one of that kind?"""
    name = os.path.basename(path)
    if not name.startswith(word) or name in met:
        return False
    met.add(name)
    return True


class Cutting:
    """Of a data connection: breaks off in the middle of a body."""

    is_cut = False

    def send(self, data):
        if self.is_cut and self.tot_bytes_sent * 2 >= self.size:
            self.cmd_channel.close()
            return 0
        return super().send(data)

    def push_with_producer(self, producer):
        path = producer.file.name
        self.is_cut = is_first(path, "cut") or is_first(path, "norest")
        self.size = os.path.getsize(path)
        super().push_with_producer(producer)


class Faulty:
    """Of a control connection: notes what is asked, and refuses some."""

    use_sendfile = False
    banner = ("lines that look like a head of HTTP, which they are not\r\n"
              "HTTP/1.1 404 Not Found\r\nContent-Length: 3\r\n"
              "ETag: \"x\"\r\n")

    def pre_process_command(self, line, cmd, arg):
        with open(os.path.join(root, "ftp.log"), "a", encoding="utf-8") as f:
            f.write("> " + line + "\n")
        super().pre_process_command(line, cmd, arg)

    def ftp_REST(self, line):
        if any(name.startswith("norest") for name in met):
            self.respond("502 no REST here.")
        else:
            super().ftp_REST(line)

    def ftp_RETR(self, file):
        if is_first(file, "busy"):
            self.respond("450 somebody else has it.")
            return None
        return super().ftp_RETR(file)


class Dtp(Cutting, DTPHandler):
    pass


class TlsDtp(Cutting, TLS_DTPHandler):
    def readable(self):
        """libcurl shakes hands before it asks for a file."""
        return self._ssl_accepting or super().readable()


class Handler(Faulty, FTPHandler):
    dtp_handler = Dtp


class TlsHandler(Faulty, TLS_FTPHandler):
    dtp_handler = TlsDtp

    def handle(self):
        self.secure_connection(self.ssl_context)
        super().handle()


def open_server(loop, handler, port, users):
    handler.authorizer = users
    server = FTPServer(("127.0.0.1", port), handler, ioloop=loop)
    server.max_cons_per_ip = int(sys.argv[4])
    return server


root = os.path.abspath(sys.argv[1])
log.config_logging(level=50)
logins = DummyAuthorizer()
logins.add_anonymous(root)
logins.add_user("user", "secret", root)
TlsHandler.certfile = os.path.join(root, "cert.pem")
TlsHandler.keyfile = os.path.join(root, "key.pem")
main_loop = IOLoop()
open_server(main_loop, TlsHandler, int(sys.argv[3]), logins)
open_server(main_loop, Handler, int(sys.argv[2]), logins)
main_loop.loop()
