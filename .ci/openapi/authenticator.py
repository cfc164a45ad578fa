"""One-time codes (RFC 6238)."""

import base64
import hashlib
import hmac
import struct
import time


def code_of(secret, ahead=0):
    """The code that an authenticator shows now, or that many steps later. One step is accepted."""
    step = struct.pack(">Q", int(time.time()) // 30 + ahead)
    digest = hmac.new(base64.b32decode(secret), step, hashlib.sha1).digest()
    offset = digest[-1] & 15
    number = struct.unpack(">I", digest[offset : offset + 4])[0] & 0x7FFFFFFF
    return f"{number % 1_000_000:06}"
