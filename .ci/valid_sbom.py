"""Holds bills of materials to the official schema of CycloneDX 1.5, strictly."""

import pathlib
import sys

from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

if not sys.argv[1:]:
    sys.exit("no bill of materials was named")
for name in sys.argv[1:]:
    fault = JsonStrictValidator(SchemaVersion.V1_5).validate_str(pathlib.Path(name).read_text())
    if fault:
        # What follows the first line is the schema itself.
        sys.exit(f"{name} is no CycloneDX 1.5: {str(fault).splitlines()[0]}")
    print(f"{name}: valid CycloneDX 1.5")
