#!/usr/bin/python3
"""tls_front.py WORK BACKEND_HOST:PORT: real TLS in front of a server, and a proxy, on free ports of loopback. Writes WORK/ca.pem,
WORK/proxy.log (a line a CONNECT) and, once all listen, WORK/ports: NAME=PORT for good, wrong (another host's certificate),
expired, strange (of another CA) and proxy. Whatever host the proxy is asked for, it leads to `good`."""
import datetime
import ipaddress
import os
import socket
import ssl
import sys
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

work, backend = sys.argv[1], sys.argv[2].rsplit(":", 1)
now, day = datetime.datetime.utcnow(), datetime.timedelta(days=1)
HERE = [x509.DNSName("ec2.tide.test"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def certificate(subject, issuer, key, signer, begin, end, extension):
    builder = x509.CertificateBuilder().subject_name(name(subject)).issuer_name(name(issuer)).public_key(key.public_key())
    builder = builder.serial_number(x509.random_serial_number()).not_valid_before(begin).not_valid_after(end)
    return builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints)).sign(signer, hashes.SHA256())


def pem(thing):
    return thing.public_bytes(serialization.Encoding.PEM)


def authority(subject):
    key = ec.generate_private_key(ec.SECP256R1())
    return key, certificate(subject, subject, key, key, now - day, now + 30 * day, x509.BasicConstraints(ca=True, path_length=None))


def context(label, ca, names, begin, end):
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = ca[1].subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
    shown = certificate(label, issuer, key, ca[0], begin, end, x509.SubjectAlternativeName(names))
    path = os.path.join(work, label + ".pem")
    with open(path, "wb", opener=lambda where, flags: os.open(where, flags, 0o600)) as file:
        file.write(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()))
        file.write(pem(shown))
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.load_cert_chain(path)
    return made


def pump(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for each in (source, target):
        try:
            each.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def join(one, other):
    threading.Thread(target=pump, args=(one, other), daemon=True).start()
    pump(other, one)


def front(made):
    def serve(plain):
        try:
            shown = made.wrap_socket(plain, server_side=True)
        except (OSError, ssl.SSLError):
            return  # the client refuses: what these tests are about
        join(shown, socket.create_connection(backend))
    return serve


def proxy(plain):
    head = b""
    while b"\r\n\r\n" not in head and (data := plain.recv(65536)):
        head += data
    with open(os.path.join(work, "proxy.log"), "ab") as file:
        file.write(head.split(b"\r\n")[0] + b"\n")
    if not head.startswith(b"CONNECT "):
        return plain.sendall(b"HTTP/1.1 405 No\r\nContent-Length: 0\r\n\r\n")
    plain.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    return join(plain, socket.create_connection(("127.0.0.1", ports["good"])))


def listen(serve):
    server = socket.create_server(("127.0.0.1", 0), backlog=64)

    def loop():
        while True:
            threading.Thread(target=serve, args=(server.accept()[0],), daemon=True).start()
    threading.Thread(target=loop, daemon=True).start()
    return server.getsockname()[1]


ours, strange = authority("tide test CA"), authority("another CA")
with open(os.path.join(work, "ca.pem"), "wb") as file:
    file.write(pem(ours[1]))
ports = {
    "good": listen(front(context("good", ours, HERE, now - day, now + day))),
    "wrong": listen(front(context("wrong", ours, [x509.DNSName("other.tide.test")], now - day, now + day))),
    "expired": listen(front(context("expired", ours, HERE, now - 3 * day, now - 2 * day))),
    "strange": listen(front(context("strange", strange, HERE, now - day, now + day))),
}
ports["proxy"] = listen(proxy)
with open(os.path.join(work, "ports.new"), "w") as file:
    file.write("".join("%s=%d\n" % pair for pair in ports.items()))
os.rename(os.path.join(work, "ports.new"), os.path.join(work, "ports"))
threading.Event().wait()
