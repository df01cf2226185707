"""Keep the tests, and every Python program that they start, off the network.

Python imports this module by itself where its folder stands on PYTHONPATH.
"""

import ipaddress
import socket

_connect = socket.socket.connect
_connect_ex = socket.socket.connect_ex


def _check(sock, address):
    if sock.family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0]
    try:
        allowed = ipaddress.ip_address(host).is_loopback
    except ValueError:
        allowed = host in ("localhost", "")
    if not allowed:
        raise ConnectionRefusedError(f"The tests must not use the network, but asked for {host}.")


def _guarded_connect(sock, address):
    _check(sock, address)
    return _connect(sock, address)


def _guarded_connect_ex(sock, address):
    _check(sock, address)
    return _connect_ex(sock, address)


socket.socket.connect = _guarded_connect
socket.socket.connect_ex = _guarded_connect_ex
