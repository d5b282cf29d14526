"""Asks Debian's dkimpy: a JSON list of questions on standard input, a list of answers on standard output."""
import base64
import json
import sys

import dkim


def main():
    questions = json.load(sys.stdin)
    json.dump([answer(q) for q in questions["questions"]], sys.stdout)


def dns(zone):
    def lookup(name, timeout=5):
        text = name.decode() if isinstance(name, bytes) else name
        return zone.get(text.rstrip("."), "").encode() or None

    return lookup


def answer(q):
    message = base64.b64decode(q["message"])
    try:
        return {"verify": verify, "sign": sign, "arc-verify": arc_verify, "arc-sign": arc_sign}[q["op"]](q, message)
    except Exception as error:  # the word of the peer, whatever it is
        return {"result": "error", "text": f"{type(error).__name__}: {error}"}


def verify(q, message):
    good = dkim.DKIM(message).verify(idx=q.get("index", 0), dnsfunc=dns(q["zone"]))
    return {"result": "pass" if good else "fail"}


def sign(q, message):
    field = dkim.sign(
        message,
        q["selector"].encode(),
        q["domain"].encode(),
        q["key"].encode(),
        canonicalize=(q["header"].encode(), q["body"].encode()),
        signature_algorithm=q["algorithm"].encode(),
        include_headers=[h.encode() for h in q["include"]] if q.get("include") else None,
        length=q.get("length", False),
    )
    return {"result": "signed", "field": base64.b64encode(field).decode()}


def arc_verify(q, message):
    cv, _, reason = dkim.arc_verify(message, dnsfunc=dns(q["zone"]))
    return {"result": cv.decode(), "text": str(reason)}


def arc_sign(q, message):
    fields = dkim.arc_sign(
        message,
        q["selector"].encode(),
        q["domain"].encode(),
        q["key"].encode(),
        q["authserv"].encode(),
    )
    return {"result": "signed", "field": base64.b64encode(b"".join(fields)).decode()}


main()
