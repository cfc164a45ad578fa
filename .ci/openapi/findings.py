"""Findings of schemathesis that are no faults, each with its reason."""

import re

# Checks that are left out.
UNFIT = {
    "unsupported_method": "the API gateway answers 404 for a method that a path does not have, and so does the local binary",
    "allow_header_conformance": "the API gateway sends no Allow header",
}
UNFIT_FOR_MACHINES = UNFIT | {
    "negative_data_rejection": "an error of the machine API is HTTP 200, and unknown arguments are ignored",
    "positive_data_acceptance": "an error of the machine API is HTTP 200",
    "missing_required_header": "an error of the machine API is HTTP 200",
    "ignored_auth": "an error of the machine API is HTTP 200",
}

# A part of the finding, a pattern of its text, and the reason.
KNOWN = [
    ("Schema-valid request rejected", r"idempotency-key-reused", "a made-up key comes again with another request"),
    ("Schema-valid request rejected", r'"pointer":"/cursor"', "a made-up cursor was never given by a page"),
    ("Schema-valid request rejected", r"invalid cidr address", "the pattern of a network is looser than its parser"),
    ("Schema-valid request rejected", r"floating point `\d+\.0`", "JSON Schema takes 85.0 for an integer, and the API does not"),
    ("Schema-valid request rejected", r"it stands in the place of `code`", "either of two fields is given, which a schema can hardly say"),
    ("Schema-valid request rejected", r"a key stands there twice", "the keys of a list differ, which a schema cannot say"),
    ("Schema-valid request rejected", r"it takes an e-mail address", "the format of an address allows more than the API does"),
    ("Schema-violating request accepted", r"Incorrect type[\s\S]*: null", "a field that may be left out of a body may be null too, which nobody needs to know"),
]


def is_known(finding):
    return any(part in finding and re.search(pattern, finding) for part, pattern, _ in KNOWN)
