"""Checks with an independent validator that the schema is a schema and accepts every scenario in the repository, and
every document in a second folder if one is given (those that the reader accepted while it was fuzzed)."""
import json
import pathlib
import sys

try:
    import jsonschema
except ImportError:
    print("skipped: no python3-jsonschema")
    sys.exit(77)

folder = pathlib.Path(sys.argv[1])
schema = json.loads((folder / "schema" / "scenario.schema.json").read_text())
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)

failed = 0
accepted = sorted(pathlib.Path(sys.argv[2]).rglob("*.json")) if len(sys.argv) > 2 else []
if len(sys.argv) > 2:
    print(f"{len(accepted)} accepted documents")
for path in [*sorted(folder.rglob("*.json")), *accepted]:
    document = json.loads(path.read_bytes().decode("utf-8-sig"))
    if "penfield" not in document and "extends" not in document:
        continue  # a body file, the schema itself
    for error in validator.iter_errors(document):
        failed += 1
        print(f"{path}: {'.'.join(map(str, error.absolute_path))}: {error.message[:200]}")

bad = [
    {"penfield": 2, "name": "a", "until": "1 s", "areas": {}, "populations": {}},
    {"penfield": 1, "name": "a", "until": 5, "areas": {}, "populations": {}},
    {"penfield": 1, "name": "a", "until": "1 s", "areas": {}, "populations": {}, "unknown": 1},
    {"penfield": 1, "name": "a", "until": "1 s", "areas": {"S1": {"sheet_mm": [1]}}, "populations": {}},
    {"penfield": 1, "name": "a", "until": "1 s", "areas": {}, "populations": {"S1/E": {"model": "relay", "n": 0}}},
    {"penfield": 1, "name": "a", "until": "1 s", "areas": {}, "populations": {}, "timeline": [{"event": "amputate"}]},
]
for document in bad:
    if validator.is_valid(document):
        failed += 1
        print("accepted:", document)
print("failed" if failed else "passed")
sys.exit(1 if failed else 0)
