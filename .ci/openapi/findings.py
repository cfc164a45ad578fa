"""Findings of schemathesis that are no faults, each with its reason."""

import re

# Checks that are left out.
UNFIT = {
    "unsupported_method": "the API gateway answers 404 for a method that a path does not have, and so does the local binary",
    "allow_header_conformance": "the API gateway sends no Allow header",
    "positive_data_acceptance": "rules that a schema cannot say: passwords, modules, networks, either of two fields",
}
UNFIT_FOR_MACHINES = UNFIT | {
    "negative_data_rejection": "an error of the machine API is HTTP 200, and unknown arguments are ignored",
    "missing_required_header": "an error of the machine API is HTTP 200",
    "ignored_auth": "an error of the machine API is HTTP 200",
}

# A part of the finding, a pattern of its text, and the reason.
KNOWN = [
    ("Schema-violating request accepted", r"Incorrect type[\s\S]*: null", "a field that may be left out of a body may be null too, which nobody needs to know"),
]


def is_known(finding):
    return any(part in finding and re.search(pattern, finding) for part, pattern, _ in KNOWN)
