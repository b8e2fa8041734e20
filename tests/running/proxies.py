"""A proxy with TLS in front of a server of the tests, by the very examples of docs/running.

Only what an operator would change is changed: names, ports, certificates.
"""

import datetime
import ipaddress
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.provision.haproxy import haproxy_program
from tests.provision.proxies import proxy_path
from tests.running.examples import example, haproxy_example
from tests.server.serving import free_port

SAID = "said.txt"
"""What a proxy prints."""
NGINX_MAIN = """\
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
user root;
worker_processes 1;
events {{ worker_connections 256; }}
http {{
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    include {folder}/gutsy.conf;
}}
"""
"""What Debian's nginx.conf has around a site, with every path in the test's folder."""
CADDY_MAIN = """\
{{
	admin off
	storage file_system {folder}/storage
	http_port {http}
	https_port {https}
}}
"""


class Proxy:
    """A proxy that is up: where it is, and how a client knows it."""

    def __init__(self, port: int, certificate: Path, log: str | None = None) -> None:
        """Args: ``log``: where it keeps one of requests, if it does."""
        self.port = port
        self.log = None if log is None else certificate.parent / log
        self.host = f"localhost:{port}"
        self.url = f"https://{self.host}"
        self.trust = ssl.create_default_context(cafile=str(certificate))


@contextmanager
def nginx(folder: Path, https: int, upstream: int) -> Iterator[Proxy]:
    """nginx with docs/running/nginx.conf."""
    certificate, key = make_certificate(folder)
    http = free_port()
    site = example(
        "nginx.conf",
        {
            "127.0.0.1:8000": f"127.0.0.1:{upstream}",
            "listen 80;": f"listen 127.0.0.1:{http};",
            "listen [::]:80;": "",
            "listen 443 ssl http2;": f"listen {https} ssl http2;",
            "listen [::]:443 ssl http2;": "",
            "/etc/letsencrypt/live/gutsy.example/fullchain.pem": str(certificate),
            "/etc/letsencrypt/live/gutsy.example/privkey.pem": str(key),
            "gutsy.example": "localhost",
            "/var/log/nginx": str(folder),
        },
    )
    (folder / "gutsy.conf").write_text(site)
    (folder / "main.conf").write_text(NGINX_MAIN.format(folder=folder))
    command = [str(proxy_path("nginx")), "-p", str(folder), "-c", str(folder / "main.conf")]
    with _running(command, folder, Proxy(https, certificate, "gutsy.log")) as proxy:
        yield proxy


@contextmanager
def caddy(folder: Path, https: int, upstream: int) -> Iterator[Proxy]:
    """Caddy with docs/running/Caddyfile."""
    certificate, key = make_certificate(folder)
    site = example(
        "Caddyfile",
        {
            "127.0.0.1:8000": f"127.0.0.1:{upstream}",
            "gutsy.example {": f"localhost {{\n\ttls {certificate} {key}",
        },
    )
    main = CADDY_MAIN.format(folder=folder, http=free_port(), https=https)
    (folder / "Caddyfile").write_text(main + site)
    command = [str(proxy_path("caddy")), "run", "--config", str(folder / "Caddyfile")]
    with _running([*command, "--adapter", "caddyfile"], folder, Proxy(https, certificate)) as proxy:
        yield proxy


@contextmanager
def haproxy(folder: Path, https: int, upstream: int) -> Iterator[Proxy]:
    """HAProxy with docs/running/haproxy.cfg, for one node."""
    certificate, key = make_certificate(folder)
    both = folder / "both.pem"
    both.write_bytes(certificate.read_bytes() + key.read_bytes())
    changes = {
        "bind :80\n": f"bind 127.0.0.1:{free_port()}\n",
        "bind :443 ssl": f"bind 127.0.0.1:{https} ssl",
        "/etc/haproxy/gutsy.example.pem": str(both),
        "gutsy.example": "localhost",
    }
    (folder / "haproxy.cfg").write_text(haproxy_example(folder, [upstream], changes))
    program = haproxy_program()
    command = [str(program.path), "-db", "-f", str(folder / "haproxy.cfg")]
    proxy = Proxy(https, certificate, SAID)
    with _running(command, folder, proxy, program.environment) as one:
        yield one


@contextmanager
def _running(
    command: list[str], folder: Path, proxy: Proxy, environment: Mapping[str, str] | None = None
) -> Iterator[Proxy]:
    said = folder / SAID
    with said.open("wb") as output:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**(environment or {}), "HOME": str(folder)},
            stdout=output,
            stderr=output,
        )
        try:
            ends_at = time.monotonic() + 20
            while not _answers(proxy):
                assert process.poll() is None, said.read_text()
                assert time.monotonic() < ends_at, said.read_text()
                time.sleep(0.02)
            yield proxy
        finally:
            process.terminate()
            process.wait(timeout=20)


def _answers(proxy: Proxy) -> bool:
    # Nothing is asked of Gutsy, which may be in this very thread.
    try:
        socket.create_connection(("127.0.0.1", proxy.port), timeout=5).close()
    except OSError:
        return False
    return True


def make_certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate for localhost, signed by itself, and its key."""
    folder.mkdir(parents=True, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    names = [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate_path, key_path = folder / "certificate.pem", folder / "key.pem"
    certificate_path.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    key_path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return certificate_path, key_path
