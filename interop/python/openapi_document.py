"""Says whether files are valid OpenAPI documents, by a validator that nobody here wrote."""

import json
import sys

from openapi_spec_validator import validate

for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        document = json.load(file)
    validate(document)
    print(f"{path}: OpenAPI {document['openapi']}, {len(document['paths'])} paths")
