"""Holds what is in deploy/ against the tools that will read it: Helm's own engine, the schemas of Kubernetes, the Compose
specification, yamllint; and a bill of materials against the schema of CycloneDX. `helm_python` is Helm's own library, in Go,
behind a thin face: what it renders and refuses is what `helm` does.

    python check.py deploy PROGRAM     the chart and the compose file; PROGRAM is the tidings that reads the settings
    python check.py sbom FILE          a bill of materials
"""

import json
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

import yaml

DEPLOY = Path(__file__).resolve().parent.parent
CHART = DEPLOY / "helm/tidings"

# The oldest Kubernetes that the chart is for, and the newest that the schemas know.
KUBERNETES = ("1.25.0", "1.37.0")

# Values that must be refused, each with a word of the refusal.
REFUSED = [
    ({"replicas": 2}, "replicas"),
    ({"image": {"repository": ""}}, "repository"),
    ({"image": {"digest": "latest"}}, "digest"),
    ({"persistence": {"size": "much"}}, "size"),
    ({"settings": {"delivry": {"max_connections": 1}}}, "delivry"),
    ({"credentials": {"declared": [{"app": "com.example.app", "file": "../../etc/passwd"}]}}, "file"),
    ({"service": {"port": 0}}, "port"),
    ({"ingress": {"enabled": True}}, "ingress.host"),
]


def fail(message):
    sys.exit(f"deploy: {message}")


def value_files():
    """The defaults, and each file of values beside the chart."""
    yield "defaults", {}
    for file in sorted((CHART / "ci").glob("*.yaml")):
        yield file.name, yaml.safe_load(file.read_text())


def check_chart(program):
    import helm_python
    from helm_python.chart import Chart, lint

    chart = Chart.load(CHART)
    workspace = tomllib.loads((DEPLOY.parent / "Cargo.toml").read_text())["workspace"]
    versions = {chart.metadata[name] for name in ("version", "appVersion")}
    if versions != {workspace["package"]["version"]}:
        fail(f"the chart is {versions}, and the program {workspace['package']['version']}")
    for name, values in value_files():
        report = lint(CHART, values, strict=True)
        found = [m for m in report["messages"] if m["severity"] >= 2] + report["errors"]
        if found:
            fail(f"helm lint with {name}: {json.dumps(found, indent=1)}")
        objects = render(chart, name, values)
        check_objects(name, objects)
        check_pod(name, pod(objects))
    for values, word in REFUSED:
        try:
            chart.render(chart_values(chart, values), name="push", namespace="default")
        except helm_python.HelmError as error:
            if word not in str(error):
                fail(f"{values} is refused for another reason: {error}")
        else:
            fail(f"{values} is taken")
    check_settings(program, pod(render(chart, "settings", settings_of_everything())))
    large = pod(render(chart, "a large number", {"settings": {"data": {"reserve_mebibytes": 10_000_000}}}))
    if not any(found.get("value") == "10000000" for found in large["containers"][0]["env"]):
        fail("a large number is not written as the server reads it")
    print(f"deploy: the chart is good for Helm {helm_python.helm_sdk_version()} and Kubernetes {', '.join(KUBERNETES)}")


def settings_of_everything():
    values = dict(value_files())["everything-values.yaml"]
    return {"settings": values["settings"]}


def chart_values(chart, values):
    chart.validate_schema(chart.merge_values(values))
    return values


def render(chart, name, values):
    """The objects of a release, after yamllint has looked at the text."""
    objects = []
    for path, text in chart.render(chart_values(chart, values), name="push", namespace="default").items():
        if not path.endswith(".yaml") or not text.strip():
            continue
        lint_yaml(f"{path} with {name}", text.strip() + "\n")
        objects += [document for document in yaml.safe_load_all(text) if document]
    return objects


def lint_yaml(name, text):
    from yamllint import config, linter

    rules = config.YamlLintConfig(file=str(DEPLOY / "linters/yamllint.yaml"))
    problems = [str(problem) for problem in linter.run(text, rules)]
    if problems:
        numbered = "\n".join(f"{number + 1:4} {line}" for number, line in enumerate(text.splitlines()))
        fail(f"yamllint of {name}: {problems}\n{numbered}")


def check_objects(name, objects):
    import kubernetes_validate

    kinds = sorted(found["kind"] for found in objects)
    every = ["Ingress", "NetworkPolicy", "Service", "ServiceMonitor", "StatefulSet"]
    expected = every if name.startswith("everything") else ["Service", "StatefulSet"]
    if kinds != expected:
        fail(f"{name} makes {kinds}")
    for found in objects:
        if found["kind"] == "ServiceMonitor":  # Not of Kubernetes itself: there is no schema for it here.
            continue
        for version in KUBERNETES:
            try:
                kubernetes_validate.validate(found, version, strict=True)
            except kubernetes_validate.ValidationError as error:
                fail(f"{found['kind']} with {name}, Kubernetes {version}: {error.message}")


def pod(objects):
    (found,) = [found for found in objects if found["kind"] == "StatefulSet"]
    if found["spec"]["replicas"] != 1:
        fail("there is not one replica")
    if found["spec"]["selector"]["matchLabels"].items() - found["spec"]["template"]["metadata"]["labels"].items():
        fail("the selector does not find its pods")
    return found["spec"]["template"]["spec"]


def check_pod(name, spec):
    """What the restricted profile of Kubernetes asks for, and a root that cannot be written."""
    (container,) = spec["containers"]
    whole, own = spec["securityContext"], container["securityContext"]
    secure = (
        whole["runAsNonRoot"]
        and whole["runAsUser"] > 0
        and whole["seccompProfile"]["type"] == "RuntimeDefault"
        and own["readOnlyRootFilesystem"]
        and not own["allowPrivilegeEscalation"]
        and own["capabilities"] == {"drop": ["ALL"]}
        and not spec["automountServiceAccountToken"]
    )
    if not secure:
        fail(f"{name}: the pod may more than it needs")
    if container["livenessProbe"]["httpGet"]["path"] != "/livez":
        fail(f"{name}: liveness is not asked for at /livez")
    if container["readinessProbe"]["httpGet"]["path"] != "/readyz":
        fail(f"{name}: readiness is not asked for at /readyz")


def check_settings(program, spec):
    """The server knows and takes each of the variables that the settings become."""
    variables = {found["name"]: found["value"] for found in spec["containers"][0]["env"]}
    with tempfile.TemporaryDirectory() as folder:
        variables["TIDINGS_DATA__DIRECTORY"] = folder
        ran = subprocess.run(
            [program, "config", "check"],
            cwd=folder,
            env=variables | {"PATH": os.environ["PATH"]},
            capture_output=True,
            text=True,
        )
    said = ran.stdout + ran.stderr
    if ran.returncode != 0 or not all(name in said for name in variables):
        fail(f"the settings of the chart are not those of the server:\n{said}")


def check_compose():
    from compose_spec import PyCompose

    text = (DEPLOY / "container/compose.yaml").read_text()
    lint_yaml("compose.yaml", text)
    compose = PyCompose.from_yaml(text)
    compose.validate()
    compose.to_spec()
    (service,) = yaml.safe_load(text)["services"].values()
    if not service["read_only"] or service["cap_drop"] != ["ALL"] or not service["user"]:
        fail("the container of compose.yaml may more than it needs")
    print("deploy: compose.yaml is good")


def check_sbom(path):
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    text = Path(path).read_text()
    version = SchemaVersion.from_version(json.loads(text)["specVersion"])
    error = JsonStrictValidator(version).validate_str(text)
    if error:
        fail(f"{path}: {error}")
    print(f"deploy: {path} is CycloneDX {version.to_version()}, {len(json.loads(text)['components'])} components")


def main():
    match sys.argv[1:]:
        case ["deploy", program]:
            check_chart(program)
            check_compose()
        case ["sbom", path]:
            check_sbom(path)
        case _:
            sys.exit(__doc__)


main()
