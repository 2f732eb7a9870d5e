"""What a resource or data source would look like once AWS had made it.

Pure: a value is made from the schema and the configuration alone, so that two plans are equal.
Whatever the configuration leaves open is unknown in a plan and plausible after an apply: an ARN
looks like an ARN, a number is 0, a collection is empty. `aws_iam_policy_document` is rendered for
real, so that tests can read policies.
"""

import hashlib
import json

from tf.types import Unknown

ACCOUNT = "123456789012"
REGION = "ap-northeast-2"
KNOWN_DATA = {
    "aws_caller_identity": {"account_id": ACCOUNT, "arn": f"arn:aws:iam::{ACCOUNT}:root", "id": ACCOUNT},
    "aws_partition": {"partition": "aws", "dns_suffix": "amazonaws.com", "id": "aws"},
    "aws_region": {"region": REGION, "name": REGION, "id": REGION},
    "aws_ssm_parameter": {"value": "ami-0123456789abcdef0", "insecure_value": "ami-0123456789abcdef0"},
}


def planned(block, config):
    """The configuration with everything that the provider would decide marked as unknown."""
    return fill(block, config, lambda _name, _type: Unknown)


def applied(type_name, block, plan):
    """The plan with a plausible value wherever it says unknown."""
    digest = hashlib.sha256(f"{type_name}{json.dumps(plan, default=str, sort_keys=True)}".encode()).hexdigest()
    stem = type_name.removeprefix("aws_")
    label = next((plan[key] for key in ("name", "identifier", "bucket") if isinstance(plan.get(key), str)), digest[:8])

    def value(name, kind):
        if kind != "string":
            return {"number": 0, "bool": False}.get(kind) if isinstance(kind, str) else empty(name, kind)
        if name == "arn" or name.endswith("_arn"):
            return f"arn:aws:{stem.split('_')[0]}:{REGION}:{ACCOUNT}:{stem}/{label}"
        if name == "id":
            return f"{stem.replace('_', '-')}-{digest[:8]}"
        return f"{stem}-{digest[:8]}-{name}".replace("_", "-")

    def empty(name, kind):
        if name == "tags_all":
            return plan.get("tags") or {}
        if kind[0] == "map":
            return {}
        element = kind[1]
        one = {"master_user_secret", "domain_validation_options"}
        return [{key: value(key, each) for key, each in element[1].items()}] if name in one else []

    return resolve(block, plan, value)


def fill(block, config, decide):
    result = dict(config)
    for name, each in block.get("attributes", {}).items():
        if each.get("write_only"):
            result[name] = None
        elif each.get("computed") and config.get(name) is None:
            result[name] = decide(name, each["type"])
    return descend(block, result, lambda inner, value: fill(inner, value, decide))


def resolve(block, plan, decide):
    result = dict(plan)
    for name, each in block.get("attributes", {}).items():
        if plan.get(name) is Unknown:
            result[name] = decide(name, each["type"])
    return descend(block, result, lambda inner, value: resolve(inner, value, decide))


def descend(block, result, change):
    for name, each in block.get("block_types", {}).items():
        value = result.get(name)
        if isinstance(value, list):
            result[name] = [change(each["block"], item) for item in value]
        elif isinstance(value, dict):
            result[name] = change(each["block"], value)
    return result


def read(type_name, block, config):
    """A data source's answer."""
    if type_name == "aws_iam_policy_document":
        return policy_document(config)
    known = KNOWN_DATA.get(type_name, {})
    plan = fill(block, config, lambda name, _type: known.get(name, Unknown))
    return applied(type_name, block, plan)


def policy_document(config):
    statements = []
    for document in config.get("source_policy_documents") or []:
        statements += json.loads(document)["Statement"]
    statements += [statement(each) for each in config.get("statement") or []]
    text = json.dumps({"Version": config.get("version") or "2012-10-17", "Statement": statements}, indent=2)
    return {**config, "id": "policy", "json": text, "minified_json": text, "version": "2012-10-17"}


def statement(each):
    out = {"Sid": each.get("sid"), "Effect": each.get("effect") or "Allow"}
    names = {"Action": "actions", "NotAction": "not_actions", "Resource": "resources", "NotResource": "not_resources"}
    for key, field in names.items():
        if each.get(field):
            out[key] = sorted(each[field])
    for principal in each.get("principals") or []:
        out.setdefault("Principal", {})[principal["type"]] = sorted(principal["identifiers"])
    for condition in each.get("condition") or []:
        out.setdefault("Condition", {}).setdefault(condition["test"], {})[condition["variable"]] = condition["values"]
    return {key: value for key, value in out.items() if value is not None}
