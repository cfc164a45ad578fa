"""Holds what `sam build` left behind to one artifact: compiled once, and the same bytes for every function.

Usage: one_artifact.py ARTIFACT, in the root of the repository, with the Python of the SAM CLI.
"""

import filecmp
import sys
import tomllib
from pathlib import Path

from samcli.yamlhelper import yaml_parse

artifact = Path(sys.argv[1])
built = Path(".aws-sam/build")

# SAM compiles once for each build definition, and copies what came out to its functions.
definitions = tomllib.loads(Path(".aws-sam/build.toml").read_text())["function_build_definitions"]
if len(definitions) != 1:
    sys.exit(f"compiled {len(definitions)} times instead of once")

template = yaml_parse((built / "template.yaml").read_text())
functions = {
    name: built / resource["Properties"]["CodeUri"]
    for name, resource in template["Resources"].items()
    if resource["Type"] == "AWS::Serverless::Function"
}
if not functions:
    sys.exit("the built template has no functions")
for name, folder in functions.items():
    files = [file.name for file in folder.iterdir()]
    if files != ["bootstrap"] or not filecmp.cmp(folder / "bootstrap", artifact, shallow=False):
        sys.exit(f"{name} has another artifact than the others: {files}")

[definition] = definitions.values()
if set(definition["functions"]) != functions.keys():
    sys.exit("some functions were not built")
print(f"{len(functions)} functions, compiled once, {artifact.stat().st_size} bytes each")
