#!/usr/bin/python3
"""validate.py FOLDER FILE...: each FILE, a --json answer of tide's, against the schema that it names, FOLDER/NAME.json.
Stricter than the schemas say: a key that they do not describe is a failure too, so that none is left out of them."""
import copy
import json
import os
import sys

import jsonschema


def strict(schema):
    if isinstance(schema, dict):
        if schema.get("type") == "object" or "properties" in schema:
            schema["additionalProperties"] = False
        for value in schema.values():
            strict(value)
    elif isinstance(schema, list):
        for value in schema:
            strict(value)
    return schema


def main():
    folder, files = sys.argv[1], sys.argv[2:]
    bad = 0
    seen = set()
    for name in files:
        with open(name, encoding="utf-8") as stream:
            answer = json.load(stream)
        kind = answer["schema"].removeprefix("tide.").removesuffix("/1")
        seen.add(kind + ".json")
        with open(os.path.join(folder, kind + ".json"), encoding="utf-8") as stream:
            schema = json.load(stream)
        jsonschema.Draft202012Validator.check_schema(schema)
        checker = jsonschema.Draft202012Validator(strict(copy.deepcopy(schema)))
        problems = sorted(checker.iter_errors(answer), key=lambda one: list(map(str, one.path)))
        rows = sum(len(value) for key, value in answer.items() if isinstance(value, list) and key != "sources")
        print(f"{'BAD' if problems else 'ok '} {name}: tide.{kind}/1{', with rows' if rows else ''}")
        for one in problems[:10]:
            print(f"    {'/'.join(map(str, one.path))}: {one.message}")
        bad += bool(problems)
    for unseen in sorted(set(os.listdir(folder)) - seen):
        print(f"BAD {unseen}: no answer was held against it")
        bad += 1
    return 1 if bad or not files else 0


if __name__ == "__main__":
    sys.exit(main())
